package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How soon a client sees what another one has written, on a server that does nothing else. */
final class ObserveBench implements Benchmark {
  private static final long PAUSE_MILLIS = 10;
  private static final String ROW = "observe an insert, idle server";

  /** What is awaited, and by whom. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  private record Awaited(byte[] text, Arrivals arrivals) {}

  private volatile Awaited awaited = new Awaited(new byte[] {'{'}, new Arrivals(1));

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    try (ServerProcess server = setting.start(dev.freshet.server.Main.class, "observe");
        LoadSockets sockets = new LoadSockets()) {
      server.push(setting.app());
      Arrivals subscribed = awaited.arrivals();
      SyncClient observer = new SyncClient(sockets, server.port(), this::onTransition);
      SyncClient writer = new SyncClient(sockets, server.port(), (_, _, _) -> {});
      observer.subscribe("live:latest", List.of("{\"channel\":1}"));
      subscribed.await();
      loop(writer, System.nanoTime() + setting.warmUp().toNanos());
      CpuTime before = server.cpuClock().read();
      long begun = System.nanoTime();
      long[] latencies = loop(writer, begun + setting.measured().toNanos());
      double seconds = (System.nanoTime() - begun) / 1e9;
      CpuTime used = server.cpuClock().read().minus(before);
      report.add(ROW, new ClosedLoop.Result(seconds, latencies, java.util.Map.of(), used));
      if (observer.failures() + writer.failures() > 0) {
        throw new IOException("a sync session failed");
      }
    }
  }

  private long[] loop(SyncClient writer, long end) throws IOException, InterruptedException {
    List<Long> latencies = new ArrayList<>();
    for (int i = 0; System.nanoTime() < end; i++) {
      String body = "body " + i + " at " + System.nanoTime();
      Awaited next = new Awaited(body.getBytes(UTF_8), new Arrivals(1));
      awaited = next;
      long sent = System.nanoTime();
      writer.mutate("live:post", "{\"channel\":1,\"count\":1,\"body\":\"" + body + "\"}");
      latencies.add(next.arrivals().await() - sent);
      Thread.sleep(PAUSE_MILLIS);
    }
    long[] sorted = latencies.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  private void onTransition(byte[] buffer, int offset, int length) {
    Awaited now = awaited;
    if (Bytes.count(buffer, offset, length, now.text()) > 0) {
      now.arrivals().arrived();
    }
  }
}
