package dev.freshet.bench;

import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The first call after a start of the server, when nothing is warm, on an app pushed before. */
final class StartBench implements Benchmark {
  private static final int STARTS = 7;

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    Path data = Files.createDirectories(setting.directory().resolve("start"));
    try (ServerProcess server = ServerProcess.start(dev.freshet.server.Main.class, data)) {
      server.push(setting.app());
    }
    measure(setting, data, "first query after the start", "query", "actions:answer", report);
    measure(setting, data, "first action after the start", "action", "actions:noop", report);
    measure(
        setting, data, "first Node action after the start", "action", "nodeActions:noop", report);
  }

  private static void measure(
      Setting setting, Path data, String row, String endpoint, String function, Report report)
      throws IOException {
    if (!setting.wants(row)) {
      return;
    }
    String args = endpoint.equals("query") ? "{\"nonce\":1}" : "{}";
    double[] millis = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      try (ServerProcess server = ServerProcess.start(dev.freshet.server.Main.class, data);
          HttpConnection connection = new HttpConnection(server.port(), "")) {
        long start = System.nanoTime();
        String error =
            Calls.errorOf(
                connection.post("/api/" + endpoint + "?format=json", Calls.body(function, args)));
        millis[i] = (System.nanoTime() - start) / 1e6;
        if (error != null) {
          throw new IOException(function + ": " + error);
        }
      }
    }
    Arrays.sort(millis);
    report.add(
        row,
        Report.NOTHING_STORED,
        List.of(
            new Measure("median ms", millis[STARTS / 2], 0),
            new Measure("longest ms", millis[STARTS - 1], 0)));
  }
}
