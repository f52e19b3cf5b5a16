package dev.freshet.bench;

import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * More queries than the server can run: how fast are those served that are, how soon do the others
 * learn that they aren't, and what does the server's memory do? The query computes for some ten
 * milliseconds, so that ten times what the server can do is little for the load generator.
 */
final class OverloadBench implements Benchmark {
  private static final int[] TIMES = {1, 2, 10};

  /** Of the query's loop; {@code --size} sets others. */
  private static final int STEPS = 2_000_000;

  private static final int CONNECTIONS = 1500;
  private static final int CLOSED_LOOPS = 8;
  private static final Duration CAPACITY_WARM_UP = Duration.ofSeconds(5);
  private static final Duration CAPACITY_MEASURED = Duration.ofSeconds(10);
  private static final List<String> SMALL_HEAP = List.of("-Xmx512m");
  private static final double MIB = 1 << 20;

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    Path data = Files.createDirectories(setting.directory().resolve("overload"));
    try (ServerProcess server =
        ServerProcess.start(dev.freshet.server.Main.class, data, SMALL_HEAP)) {
      server.push(setting.app());
      AtomicLong nonce = new AtomicLong();
      int steps = setting.sizeOr(STEPS);
      CallScenario scenario =
          new CallScenario(
              "query",
              "busy:compute",
              _ -> "{\"nonce\":" + nonce.incrementAndGet() + ",\"steps\":" + steps + "}");
      double capacity = capacity(server, scenario, report);
      for (int times : TIMES) {
        String row = times + " × as many queries as the server can do";
        if (setting.wants(row)) {
          OpenLoop load =
              new OpenLoop(
                  server.port(),
                  setting.clientsOr(CONNECTIONS),
                  capacity * times,
                  setting.warmUp(),
                  setting.measured());
          add(report, row, load.run(scenario, server.cpuClock()), server);
        }
      }
    }
  }

  private static double capacity(ServerProcess server, CallScenario scenario, Report report)
      throws InterruptedException {
    ClosedLoop.Result result =
        new ClosedLoop(server.port(), CLOSED_LOOPS, CAPACITY_WARM_UP, CAPACITY_MEASURED)
            .run(scenario, server.cpuClock());
    report.add(CLOSED_LOOPS + " closed loops", Report.NOTHING_STORED, result);
    return result.perSecond();
  }

  private static void add(Report report, String row, OpenLoop.Result result, ServerProcess server)
      throws IOException {
    double served = Math.max(1, result.served().length);
    report.add(
        row,
        Report.NOTHING_STORED,
        List.of(
            new Measure("offered/s", result.offeredPerSecond(), 0),
            new Measure("per second", result.served().length / result.seconds(), 0),
            new Measure("p50 ms", result.servedMillis(0.5), 1),
            new Measure("p99 ms", result.servedMillis(0.99), 1),
            new Measure("refused/s", result.refused().length / result.seconds(), 0),
            new Measure("refusals, p99 ms", result.refusedMillis(0.99), 1),
            new Measure("errors", result.errorCount(), 0),
            new Measure("server CPU µs/op", result.cpu().serverMicros() / served, 0),
            new Measure("runner CPU µs/op", result.cpu().runnerMicros() / served, 0),
            new Measure("server MiB", server.residentBytes() / MIB, 0)));
    result.errors().forEach((kind, count) -> report.note(row + ": " + count + " × " + kind));
  }
}
