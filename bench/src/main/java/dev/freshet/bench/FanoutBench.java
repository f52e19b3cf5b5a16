package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One write that a thousand clients see through one query, each on a WebSocket of its own; and
 * beside it the bare broadcast of the very same message from the same process to as many sockets.
 */
final class FanoutBench implements Benchmark {
  private static final int CLIENTS = 1_000;
  private static final long PAUSE_MILLIS = 50;
  private static final String WRITE = "one write to all clients";
  private static final String BROADCAST = "bare broadcast of the same bytes";
  private static final byte[] UPDATED = "\"QueryUpdated\"".getBytes(UTF_8);

  private final List<SyncClient> clients = new ArrayList<>();
  private volatile Arrivals arrivals = new Arrivals(0);
  private volatile byte @Nullable [] message;

  /** Something that reaches all clients. */
  private interface Round {
    void start(int number) throws IOException;
  }

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    int count = setting.clientsOr(CLIENTS);
    try (Probe probe = Probe.start(setting, "fanout", List.of());
        LoadSockets sockets = new LoadSockets()) {
      subscribe(probe.server().port(), sockets, count);
      SyncClient writer = new SyncClient(sockets, probe.server().port(), (_, _, _) -> {});
      long[] runs = new long[2];
      Round write =
          number ->
              writer.mutate(
                  "live:post", "{\"channel\":1,\"count\":1,\"body\":\"message " + number + "\"}");
      rounds(setting.warmUp().toNanos(), count, write);
      runs[0] = probe.runs();
      CpuTime before = probe.server().cpuClock().read();
      long[] written = rounds(setting.measured().toNanos(), count, write);
      CpuTime used = probe.server().cpuClock().read().minus(before);
      runs[1] = probe.runs() - runs[0];
      // One of the runs is the mutation itself.
      double executions = (double) runs[1] / written.length - 1;
      row(report, WRITE, Report.DURABLE, written, used, count, executions);
      broadcast(setting, report, probe, sockets, count);
      if (writer.failures() + clients.stream().mapToInt(SyncClient::failures).sum() > 0) {
        throw new IOException("a sync session failed");
      }
    }
  }

  private void subscribe(int port, LoadSockets sockets, int count)
      throws IOException, InterruptedException {
    Arrivals subscribed = new Arrivals(count);
    arrivals = subscribed;
    for (int i = 0; i < count; i++) {
      SyncClient client = new SyncClient(sockets, port, this::onTransition);
      client.subscribe("live:latest", List.of("{\"channel\":1}"));
      clients.add(client);
    }
    subscribed.await();
  }

  private void onTransition(byte[] buffer, int offset, int length) {
    if (Bytes.count(buffer, offset, length, UPDATED) == 1) {
      if (message == null) {
        message = Arrays.copyOfRange(buffer, offset, offset + length);
      }
      arrivals.arrived();
    }
  }

  private void broadcast(
      Setting setting, Report report, Probe probe, LoadSockets sockets, int count)
      throws IOException, InterruptedException {
    byte[] bytes = java.util.Objects.requireNonNull(message);
    LoadSocket.Listener listener =
        new LoadSocket.Listener() {
          @Override
          public void onText(byte[] buffer, int offset, int length) {
            arrivals.arrived();
          }

          @Override
          public void onClosed(String why) {}
        };
    for (int i = 0; i < count; i++) {
      sockets.open(probe.port(), "/socket", listener);
    }
    try (HttpConnection connection = new HttpConnection(probe.port(), "")) {
      Round round = _ -> connection.post("/broadcast", bytes);
      rounds(setting.warmUp().toNanos(), count, round);
      CpuTime before = probe.server().cpuClock().read();
      long[] latencies = rounds(setting.measured().toNanos(), count, round);
      CpuTime used = probe.server().cpuClock().read().minus(before);
      row(report, BROADCAST, Report.NOTHING_STORED, latencies, used, count, Double.NaN);
    }
  }

  /** Times from each round's start to the last client's message, ascending. */
  private long[] rounds(long nanos, int count, Round round)
      throws IOException, InterruptedException {
    List<Long> latencies = new ArrayList<>();
    long end = System.nanoTime() + nanos;
    for (int i = 0; System.nanoTime() < end; i++) {
      Arrivals all = new Arrivals(count);
      arrivals = all;
      long started = System.nanoTime();
      round.start(i);
      latencies.add(all.await() - started);
      Thread.sleep(PAUSE_MILLIS);
    }
    return latencies.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private static void row(
      Report report,
      String name,
      String durability,
      long[] latencies,
      CpuTime used,
      int clients,
      double executions) {
    double median = latencies[latencies.length / 2] / 1e6;
    double deliveries = (double) latencies.length * clients;
    report.add(
        name,
        durability,
        List.of(
            new Measure("last client, p50 ms", median, 1),
            new Measure("p99 ms", latencies[(int) (latencies.length * 0.99)] / 1e6, 1),
            new Measure("clients/s", clients / (median / 1e3), 0),
            new Measure("executions per write", executions, 2),
            new Measure("server CPU µs/client", used.serverMicros() / deliveries, 1),
            new Measure("runner CPU µs/client", used.runnerMicros() / deliveries, 1)));
  }
}
