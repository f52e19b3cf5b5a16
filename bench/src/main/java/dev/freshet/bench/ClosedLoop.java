package dev.freshet.bench;

import dev.freshet.bench.HttpConnection.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A closed loop: each client sends its next request when the last one is answered. Measures after a
 * warm-up; counts successes only.
 */
final class ClosedLoop {
  /** What one client sends, and how it tells success from failure. */
  interface Scenario {
    String path();

    byte[] body(RandomGenerator random);

    /** Null for a success, else a short name of the error's kind. */
    @org.jspecify.annotations.Nullable
    String errorOf(Response response);
  }

  /**
   * What a run measured.
   *
   * @param seconds measured time
   * @param latencies of successes, in nanoseconds, ascending
   * @param errors count by kind
   * @param cpu CPU time used by the server and its runners while measuring
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Result(double seconds, long[] latencies, Map<String, Long> errors, CpuTime cpu) {
    double perSecond() {
      return latencies.length / seconds;
    }

    double percentileMillis(double fraction) {
      return latencies.length == 0
          ? Double.NaN
          : latencies[(int) Math.min(latencies.length - 1, latencies.length * fraction)] / 1e6;
    }

    long errorCount() {
      return errors.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private final int port;
  private final int clients;
  private final Duration warmUp;
  private final Duration measured;

  ClosedLoop(int port, int clients, Duration warmUp, Duration measured) {
    this.port = port;
    this.clients = clients;
    this.warmUp = warmUp;
    this.measured = measured;
  }

  Result run(Scenario scenario, CpuClock cpuClock) throws InterruptedException {
    long start = System.nanoTime() + warmUp.toNanos();
    long end = start + measured.toNanos();
    List<Client> loops = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      Client client = new Client(scenario, new SplittableRandom(i), start, end);
      loops.add(client);
      threads.add(Thread.ofPlatform().name("client-" + i).start(client));
    }
    Thread.sleep(warmUp);
    CpuTime before = cpuClock.read();
    Thread.sleep(measured);
    CpuTime used = cpuClock.read().minus(before);
    for (Thread thread : threads) {
      thread.join();
    }
    Map<String, Long> errors = new TreeMap<>();
    long[] latencies =
        loops.stream()
            .flatMapToLong(c -> Arrays.stream(c.latencies, 0, c.count))
            .sorted()
            .toArray();
    loops.forEach(c -> c.errors.forEach((kind, n) -> errors.merge(kind, n, Long::sum)));
    return new Result(measured.toNanos() / 1e9, latencies, errors, used);
  }

  private final class Client implements Runnable {
    private final Scenario scenario;
    private final RandomGenerator random;
    private final long start;
    private final long end;
    private final Map<String, Long> errors = new TreeMap<>();
    private long[] latencies = new long[1 << 12];
    private int count;

    Client(Scenario scenario, RandomGenerator random, long start, long end) {
      this.scenario = scenario;
      this.random = random;
      this.start = start;
      this.end = end;
    }

    @Override
    public void run() {
      while (System.nanoTime() < end) {
        try (HttpConnection connection = new HttpConnection(port, "")) {
          loop(connection);
        } catch (IOException e) {
          fail("connection: " + e.getMessage());
        }
      }
    }

    private void loop(HttpConnection connection) throws IOException {
      while (true) {
        long sent = System.nanoTime();
        if (sent >= end) {
          return;
        }
        Response response = connection.post(scenario.path(), scenario.body(random));
        long answered = System.nanoTime();
        if (answered < start || answered > end) {
          continue;
        }
        String error = scenario.errorOf(response);
        if (error != null) {
          fail(error);
          continue;
        }
        if (count == latencies.length) {
          latencies = Arrays.copyOf(latencies, count * 2);
        }
        latencies[count++] = answered - sent;
      }
    }

    private void fail(String kind) {
      errors.merge(kind, 1L, Long::sum);
    }
  }
}
