package dev.freshet.bench;

import dev.freshet.bench.HttpConnection.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/**
 * Requests that come at a given rate, whatever becomes of those before. Latencies count from the
 * moment a request was due, so a client that is late doesn't hide anything.
 */
final class OpenLoop {
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;

  /**
   * What a run measured; times in nanoseconds, ascending.
   *
   * @param refused of answers with status 429 or 503
   * @param errors anything else, by kind
   * @param cpu CPU time used by the server and its runners while measuring
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Result(
      double seconds, long[] served, long[] refused, Map<String, Long> errors, CpuTime cpu) {
    long errorCount() {
      return errors.values().stream().mapToLong(Long::longValue).sum();
    }

    double offeredPerSecond() {
      return (served.length + refused.length + errorCount()) / seconds;
    }

    double servedMillis(double fraction) {
      return percentileMillis(served, fraction);
    }

    double refusedMillis(double fraction) {
      return percentileMillis(refused, fraction);
    }

    private static double percentileMillis(long[] sorted, double fraction) {
      return sorted.length == 0
          ? Double.NaN
          : sorted[(int) Math.min(sorted.length - 1, sorted.length * fraction)] / 1e6;
    }
  }

  private final int port;
  private final int connections;
  private final double perSecond;
  private final Duration warmUp;
  private final Duration measured;
  private final AtomicLong next = new AtomicLong();

  /**
   * @param connections how many requests can be under way at once
   */
  OpenLoop(int port, int connections, double perSecond, Duration warmUp, Duration measured) {
    this.port = port;
    this.connections = connections;
    this.perSecond = perSecond;
    this.warmUp = warmUp;
    this.measured = measured;
  }

  Result run(ClosedLoop.Scenario scenario, CpuClock cpuClock) throws InterruptedException {
    long begin = System.nanoTime();
    long from = begin + warmUp.toNanos();
    long to = from + measured.toNanos();
    List<Client> clients = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      Client client = new Client(scenario, new SplittableRandom(i), begin, from, to);
      clients.add(client);
      threads.add(Thread.ofVirtual().start(client));
    }
    Thread.sleep(warmUp);
    CpuTime before = cpuClock.read();
    Thread.sleep(measured);
    CpuTime used = cpuClock.read().minus(before);
    for (Thread thread : threads) {
      thread.join();
    }
    Map<String, Long> errors = new TreeMap<>();
    clients.forEach(c -> c.errors.forEach((kind, n) -> errors.merge(kind, n, Long::sum)));
    return new Result(
        measured.toNanos() / 1e9,
        clients.stream().flatMapToLong(c -> c.served.build()).sorted().toArray(),
        clients.stream().flatMapToLong(c -> c.refused.build()).sorted().toArray(),
        errors,
        used);
  }

  private final class Client implements Runnable {
    private final ClosedLoop.Scenario scenario;
    private final SplittableRandom random;
    private final long begin;
    private final long from;
    private final long to;
    private final LongStream.Builder served = LongStream.builder();
    private final LongStream.Builder refused = LongStream.builder();
    private final Map<String, Long> errors = new TreeMap<>();
    private long due;

    Client(ClosedLoop.Scenario scenario, SplittableRandom random, long begin, long from, long to) {
      this.scenario = scenario;
      this.random = random;
      this.begin = begin;
      this.from = from;
      this.to = to;
    }

    @Override
    public void run() {
      awaitNext();
      while (due < to) {
        try (HttpConnection connection = new HttpConnection(port, "")) {
          while (due < to) {
            Response response = connection.post(scenario.path(), scenario.body(random));
            count(response, System.nanoTime() - due);
            awaitNext();
          }
        } catch (IOException e) {
          fail("connection: " + e.getMessage());
          awaitNext();
        }
      }
    }

    private void awaitNext() {
      due = begin + (long) (next.getAndIncrement() * 1e9 / perSecond);
      for (long left = due - System.nanoTime();
          left > 0 && due < to;
          left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    private void count(Response response, long took) {
      String error = scenario.errorOf(response);
      if (due < from) {
        return;
      }
      if (error == null) {
        served.add(took);
      } else if (response.status() == TOO_MANY_REQUESTS || response.status() == UNAVAILABLE) {
        refused.add(took);
      } else {
        fail(error);
      }
    }

    private void fail(String kind) {
      if (due >= from) {
        errors.merge(kind, 1L, Long::sum);
      }
    }
  }
}
