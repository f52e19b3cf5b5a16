package dev.freshet.bench;

import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many actions that only wait: how long until all have ended, what memory do they take and give
 * back, and what do queries notice of them?
 */
final class WaitingBench implements Benchmark {
  private static final int ACTIONS = 1000;
  private static final int SOCKETS = 20;
  private static final int QUERY_LOOPS = 2;
  private static final int SLEEP_MILLIS = 5000;
  private static final Duration QUERIES = Duration.ofSeconds(8);
  private static final Duration GIVE_UP = Duration.ofMinutes(2);
  private static final Duration REST = Duration.ofSeconds(75);
  private static final int LOOK_MILLIS = 100;
  private static final double MIB = 1 << 20;

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    int actions = setting.sizeOr(ACTIONS);
    Path data = Files.createDirectories(setting.directory().resolve("waiting"));
    Map<String, String> permits =
        Map.of("APPLICATION_MAX_CONCURRENT_V8_ACTIONS", Integer.toString(actions));
    try (ServerProcess server =
            ServerProcess.start(dev.freshet.server.Main.class, data, List.of(), permits);
        LoadSockets sockets = new LoadSockets()) {
      server.push(setting.app());
      List<SyncClient> clients = new ArrayList<>();
      for (int i = 0; i < SOCKETS; i++) {
        clients.add(new SyncClient(sockets, server.port(), (_, _, _) -> {}));
      }
      AtomicLong nonce = new AtomicLong();
      CallScenario queries =
          new CallScenario(
              "query", "actions:answer", _ -> "{\"nonce\":" + nonce.incrementAndGet() + "}");
      report.add(
          "queries, no action runs",
          Report.NOTHING_STORED,
          loop(server, setting.warmUp()).run(queries, server.cpuClock()));
      double before = memory(server);
      Beside beside =
          Beside.start(() -> loop(server, Duration.ZERO).run(queries, server.cpuClock()));
      long start = System.nanoTime();
      for (int i = 0; i < actions; i++) {
        clients.get(i % SOCKETS).act("actions:sleep", "{\"millis\":" + SLEEP_MILLIS + "}");
      }
      double peak = before;
      while (ended(clients) < actions && System.nanoTime() - start < GIVE_UP.toNanos()) {
        Thread.sleep(LOOK_MILLIS);
        peak = Math.max(peak, memory(server));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      report.add("queries, " + actions + " actions wait", Report.NOTHING_STORED, beside.result());
      Thread.sleep(REST);
      report.add(
          actions + " actions that wait for " + SLEEP_MILLIS / 1000 + " s",
          Report.NOTHING_STORED,
          List.of(
              new Measure("all ended, s", seconds, 1),
              new Measure("not ended", actions - ended(clients), 0),
              new Measure("failed", clients.stream().mapToInt(SyncClient::failures).sum(), 0),
              new Measure("MiB before", before, 0),
              new Measure("MiB at most", peak, 0),
              new Measure("MiB after " + REST.toSeconds() + " s", memory(server), 0)));
    }
  }

  private static ClosedLoop loop(ServerProcess server, Duration warmUp) {
    return new ClosedLoop(server.port(), QUERY_LOOPS, warmUp, QUERIES);
  }

  private static int ended(List<SyncClient> clients) {
    return clients.stream().mapToInt(SyncClient::actionsEnded).sum();
  }

  /** Resident memory of the server and its runners. */
  private static double memory(ServerProcess server) throws IOException {
    return (server.residentBytes() + server.runnersResidentBytes()) / MIB;
  }

  /** A measurement that runs beside something else. */
  private static final class Beside {
    private interface Load {
      ClosedLoop.Result run() throws InterruptedException;
    }

    private final Thread thread;
    private ClosedLoop.@org.jspecify.annotations.Nullable Result result;

    private Beside(Load load) {
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      result = load.run();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
    }

    static Beside start(Load load) {
      return new Beside(load);
    }

    ClosedLoop.Result result() throws InterruptedException {
      thread.join();
      return java.util.Objects.requireNonNull(result);
    }
  }
}
