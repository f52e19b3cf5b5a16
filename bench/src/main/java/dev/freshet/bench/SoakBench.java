package dev.freshet.bench;

import dev.freshet.bench.ClosedLoop.Result;
import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Transfers and {@link Visitors} for as long as one likes ({@code --measure} seconds, an hour
 * usually), with a row each minute that tells memory and disk: both must stop growing once history
 * is forgotten as fast as it is made.
 */
final class SoakBench implements Benchmark {
  private static final int CLIENTS = 16;
  private static final Duration ROW = Duration.ofMinutes(1);

  /** Of one size from the start: what still grows is lost, and a heap that fills up costs CPU. */
  private static final List<String> FIXED_HEAP =
      List.of("-Xms384m", "-Xmx384m", "-XX:+AlwaysPreTouch");

  private static final double MIB = 1 << 20;

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    Path data = Files.createDirectories(setting.directory().resolve("soak"));
    try (ServerProcess server =
        ServerProcess.start(dev.freshet.server.Main.class, data, FIXED_HEAP)) {
      server.push(setting.app());
      TransferScenario.seed(server.port());
      TransferScenario transfers =
          new TransferScenario("reused", Keys.uniform(TransferScenario.ACCOUNTS));
      watchTransfers(setting, report, server, transfers);
      TransferScenario.verify(server.port());
    }
  }

  private static void watchTransfers(
      Setting setting, Report report, ServerProcess server, TransferScenario transfers)
      throws IOException, InterruptedException {
    try (Visitors visitors = new Visitors(server.port())) {
      long rows = Math.max(1, setting.measured().dividedBy(ROW));
      Duration length = rows == 1 ? setting.measured() : ROW;
      for (int row = 1; row <= rows; row++) {
        ClosedLoop loop =
            new ClosedLoop(server.port(), setting.clientsOr(CLIENTS), Duration.ZERO, length);
        int before = visitors.visits();
        Result result = loop.run(transfers, server.cpuClock());
        add(row, result, visitors.visits() - before, server, report);
      }
      if (visitors.failures() > 0) {
        throw new IOException(visitors.failures() + " visitors' sessions failed");
      }
    }
  }

  private static void add(int row, Result result, int visits, ServerProcess server, Report report)
      throws IOException {
    double operations = Math.max(1, result.latencies().length);
    report.add(
        "after minute " + row,
        Report.DURABLE,
        List.of(
            new Measure("per second", result.perSecond(), 0),
            new Measure("visits", visits, 0),
            new Measure("p99 ms", result.percentileMillis(0.99), 1),
            new Measure("errors", result.errorCount(), 0),
            new Measure("server CPU µs/op", result.cpu().serverMicros() / operations, 0),
            new Measure("server MiB", server.residentBytes() / MIB, 0),
            new Measure("runners MiB", server.runnersResidentBytes() / MIB, 0),
            new Measure("disk MiB", diskBytes(server.dataDirectory()) / MIB, 0)));
    for (Map.Entry<String, Long> error : result.errors().entrySet()) {
      report.note("minute " + row + ": " + error.getValue() + " × " + error.getKey());
    }
  }

  private static long diskBytes(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(SoakBench::size).sum();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0; // gone since it was listed
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
