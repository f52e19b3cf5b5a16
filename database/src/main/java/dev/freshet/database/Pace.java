package dev.freshet.database;

import dev.freshet.values.Clock;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how fast background work goes: after each step a pause, at least as long as the step, and
 * long enough for all steps of all threads to stay below a rate. Thread-safe.
 */
final class Pace {
  private final Clock clock;
  private final double nanosPerRow;
  private long nextFree;

  Pace(Clock clock, long rowsPerSecond) {
    this.clock = clock;
    this.nanosPerRow = (double) TimeUnit.SECONDS.toNanos(1) / rowsPerSecond;
    this.nextFree = clock.monotonicNanos();
  }

  /** Takes a step of so many rows, and then the pause that it costs, unless asked to stop. */
  void step(int rows, BackgroundWorker.Stop stop, Runnable step) {
    long start = clock.monotonicNanos();
    step.run();
    long end = clock.monotonicNanos();
    long left = Math.max(end - start, reserve(rows, start) - end);
    while (left > 0 && !stop.isRequested()) {
      Steps.pause(left);
      left -= Steps.LONGEST_PAUSE_NANOS;
    }
  }

  /** When the rows' share of time is over that began when that of those before was. */
  private synchronized long reserve(int rows, long now) {
    nextFree = Math.max(nextFree, now) + (long) (rows * nanosPerRow);
    return nextFree;
  }
}
