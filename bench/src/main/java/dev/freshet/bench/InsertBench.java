package dev.freshet.bench;

import java.io.IOException;

/** Inserts into a table with two indexes. */
final class InsertBench implements Benchmark {
  private static final int CLIENTS = 80;
  private static final String TEXT = "x".repeat(100);

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    try (ServerProcess server = setting.start(dev.freshet.server.Main.class, "insert")) {
      server.push(setting.app());
      setting.loop(
          "insert, two indexes",
          server,
          CLIENTS,
          new CallScenario(
              "mutation",
              "items:insert",
              random ->
                  "{\"group\":"
                      + random.nextInt(100)
                      + ",\"rank\":"
                      + random.nextInt(1_000_000_000)
                      + ",\"text\":\""
                      + TEXT
                      + "\"}"),
          report);
    }
  }
}
