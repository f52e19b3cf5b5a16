package dev.freshet.bench;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Queries that take ten rows of an index's range, first ones that share nothing, then others. */
final class QueryBench implements Benchmark {
  private static final int CLIENTS = 80;
  private static final int ITEMS = 100_000;
  private static final int SEED_BATCH = 500;
  private static final int CACHED = 100;
  private static final String TEXT = "x".repeat(100);

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    int items = setting.sizeOr(ITEMS);
    try (ServerProcess server = setting.start(dev.freshet.server.Main.class, "query")) {
      System.err.println("pushing the app, creating " + items + " items …");
      server.push(setting.app());
      seed(server.port(), items);
      AtomicLong nonce = new AtomicLong();
      setting.loop(
          "query, take 10 of a range, each call its own",
          server,
          CLIENTS,
          new CallScenario(
              "query",
              "items:range",
              random -> arguments(random.nextInt(items), nonce.incrementAndGet())),
          report);
      setting.loop(
          "query, take 10 of a range, cached",
          server,
          CLIENTS,
          new CallScenario("query", "items:range", random -> arguments(random.nextInt(CACHED), 0)),
          report);
    }
  }

  private static String arguments(int from, long nonce) {
    return "{\"from\":" + from + ",\"nonce\":" + nonce + "}";
  }

  private static void seed(int port, int items) throws IOException {
    try (HttpConnection connection = new HttpConnection(port, "")) {
      for (int from = 0; from < items; from += SEED_BATCH) {
        Calls.mutation(
            connection,
            "items:seed",
            "{\"from\":" + from + ",\"count\":" + SEED_BATCH + ",\"text\":\"" + TEXT + "\"}");
      }
    }
  }
}
