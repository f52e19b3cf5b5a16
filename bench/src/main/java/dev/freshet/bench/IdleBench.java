package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What subscriptions cost that nothing ever touches: commits into the very index that they watch,
 * without them, with them, and without them again; and their memory.
 */
final class IdleBench implements Benchmark {
  private static final int SUBSCRIPTIONS = 100_000;
  private static final int SOCKETS = 100;
  private static final int WRITERS = 8;
  private static final int UNWATCHED = 1_000_000_000;
  private static final int PROGRESS = 20; // sockets
  private static final int BATCH = 250;
  private static final byte[] UPDATED = "\"QueryUpdated\"".getBytes(UTF_8);

  private volatile Arrivals arrivals = new Arrivals(0);

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    int count = setting.sizeOr(SUBSCRIPTIONS);
    try (Probe probe = Probe.start(setting, "idle", List.of())) {
      commits("commits, no subscriptions", setting, probe, report);
      if (setting.wants("memory")) {
        report.add(
            "memory of a subscription, the database's part",
            Report.NOTHING_STORED,
            List.of(new Measure("heap bytes", SubscriptionMemory.measure(setting, count), 0)));
      }
      try (LoadSockets sockets = new LoadSockets()) {
        long heap = probe.heapBytes();
        long resident = probe.server().residentBytes();
        List<SyncClient> clients = subscribe(probe, sockets, count);
        report.add(
            "memory of a subscription, all in all",
            Report.NOTHING_STORED,
            List.of(
                new Measure("heap bytes", (double) (probe.heapBytes() - heap) / count, 0),
                new Measure(
                    "resident bytes",
                    (double) (probe.server().residentBytes() - resident) / count,
                    0)));
        commits("commits, " + count + " idle subscriptions", setting, probe, report);
        for (SyncClient client : clients) {
          if (client.failures() > 0) {
            throw new IOException("a sync session failed");
          }
          client.close();
        }
      }
      commits("commits, no subscriptions any more", setting, probe, report);
    }
  }

  private List<SyncClient> subscribe(Probe probe, LoadSockets sockets, int count)
      throws IOException, InterruptedException {
    List<SyncClient> clients = new ArrayList<>();
    int channel = 0;
    for (int i = 0; i < SOCKETS; i++) {
      SyncClient client = new SyncClient(sockets, probe.server().port(), this::onTransition);
      clients.add(client);
      int last = (int) ((long) count * (i + 1) / SOCKETS);
      while (channel < last) {
        List<String> arguments = new ArrayList<>();
        for (int n = Math.min(BATCH, last - channel); n > 0; n--) {
          arguments.add("{\"channel\":" + channel++ + "}");
        }
        Arrivals subscribed = new Arrivals(arguments.size());
        arrivals = subscribed;
        client.subscribe("live:latest", arguments);
        subscribed.await();
      }
      if (i % PROGRESS == PROGRESS - 1) {
        System.err.println("  " + channel + " subscriptions");
      }
    }
    return clients;
  }

  private void onTransition(byte[] buffer, int offset, int length) {
    arrivals.arrived(Bytes.count(buffer, offset, length, UPDATED));
  }

  private static void commits(String row, Setting setting, Probe probe, Report report)
      throws InterruptedException {
    setting.loop(
        row,
        probe.server(),
        WRITERS,
        new CallScenario(
            "mutation",
            "live:post",
            random ->
                "{\"channel\":"
                    + (UNWATCHED + random.nextInt(UNWATCHED))
                    + ",\"count\":1,\"body\":\"nobody sees this\"}"),
        report);
  }
}
