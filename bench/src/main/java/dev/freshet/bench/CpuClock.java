package dev.freshet.bench;

import java.time.Duration;

/** Reads the CPU time of a server process and of the processes it started. */
final class CpuClock {
  private final ProcessHandle server;

  CpuClock(ProcessHandle server) {
    this.server = server;
  }

  CpuTime read() {
    return new CpuTime(micros(server), server.descendants().mapToLong(CpuClock::micros).sum());
  }

  private static long micros(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1000;
  }
}
