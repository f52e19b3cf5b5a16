package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** One client with very many subscriptions, of which a mutation touches some. */
final class ManyBench implements Benchmark {
  private static final int SUBSCRIPTIONS = 20_000;
  private static final int TOUCHED = 100;
  private static final int BATCH = 1_000;
  private static final long PAUSE_MILLIS = 50;
  private static final byte[] UPDATED = "\"QueryUpdated\"".getBytes(UTF_8);

  private volatile Arrivals arrivals = new Arrivals(0);
  private final AtomicInteger updates = new AtomicInteger();

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    int count = setting.sizeOr(SUBSCRIPTIONS);
    try (Probe probe = Probe.start(setting, "many", List.of());
        LoadSockets sockets = new LoadSockets()) {
      SyncClient client = new SyncClient(sockets, probe.server().port(), this::onTransition);
      SyncClient writer = new SyncClient(sockets, probe.server().port(), (_, _, _) -> {});
      subscribe(client, count);
      rounds(writer, count, setting.warmUp().toNanos());
      updates.set(0);
      long runs = probe.runs();
      CpuTime before = probe.server().cpuClock().read();
      long[] latencies = rounds(writer, count, setting.measured().toNanos());
      CpuTime used = probe.server().cpuClock().read().minus(before);
      double rounds = latencies.length;
      report.add(
          TOUCHED + " of one client's " + count + " subscriptions",
          Report.DURABLE,
          List.of(
              new Measure("all updated, p50 ms", latencies[latencies.length / 2] / 1e6, 1),
              new Measure("p99 ms", latencies[(int) (rounds * 0.99)] / 1e6, 1),
              new Measure("updates", updates.get() / rounds, 1),
              new Measure("executions", (probe.runs() - runs) / rounds - 1, 1),
              new Measure("server CPU ms/op", used.serverMicros() / 1e3 / rounds, 1),
              new Measure("runner CPU ms/op", used.runnerMicros() / 1e3 / rounds, 1)));
      if (client.failures() + writer.failures() > 0) {
        throw new IOException("a sync session failed");
      }
    }
  }

  private void subscribe(SyncClient client, int count) throws IOException, InterruptedException {
    for (int channel = 0; channel < count; channel += BATCH) {
      List<String> arguments = new ArrayList<>();
      for (int i = channel; i < Math.min(count, channel + BATCH); i++) {
        arguments.add("{\"channel\":" + i + "}");
      }
      Arrivals subscribed = new Arrivals(arguments.size());
      arrivals = subscribed;
      client.subscribe("live:latest", arguments);
      subscribed.await();
    }
  }

  private void onTransition(byte[] buffer, int offset, int length) {
    int count = Bytes.count(buffer, offset, length, UPDATED);
    updates.addAndGet(count);
    arrivals.arrived(count);
  }

  private long[] rounds(SyncClient writer, int count, long nanos)
      throws IOException, InterruptedException {
    List<Long> latencies = new ArrayList<>();
    long end = System.nanoTime() + nanos;
    for (int i = 0; System.nanoTime() < end; i++) {
      Arrivals all = new Arrivals(TOUCHED);
      arrivals = all;
      int channel = i * TOUCHED % (count - TOUCHED + 1);
      long sent = System.nanoTime();
      writer.mutate(
          "live:post",
          "{\"channel\":"
              + channel
              + ",\"count\":"
              + TOUCHED
              + ",\"body\":\"round "
              + sent
              + "\"}");
      latencies.add(all.await() - sent);
      Thread.sleep(PAUSE_MILLIS);
    }
    return latencies.stream().mapToLong(Long::longValue).sorted().toArray();
  }
}
