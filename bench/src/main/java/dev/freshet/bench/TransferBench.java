package dev.freshet.bench;

import java.io.IOException;
import java.nio.file.Files;

/**
 * The transfer benchmark with its baselines, all in one run: the same server's HTTP echo, bare
 * commits of the same rows to SQLite, and the whole path with the function replaced by Java.
 */
final class TransferBench implements Benchmark {
  private static final int CLIENTS = 64;
  private static final String STUB_UNIFORM = "function as a Java stub, uniform";
  private static final String STUB_ZIPF = "function as a Java stub, Zipf 1.5";

  private final Keys uniform = Keys.uniform(TransferScenario.ACCOUNTS);
  private final Keys zipf = Keys.zipf(TransferScenario.ACCOUNTS, 1.5);

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    if (setting.only().isEmpty()) {
      SqliteBaseline.measure(
          Files.createDirectory(setting.directory().resolve("sqlite")), setting.measured(), report);
    }
    if (!setting.only().contains("stub")) {
      real(setting, report);
    }
    if (setting.wantsAny(STUB_UNIFORM, STUB_ZIPF)) {
      stub(setting, report);
    }
  }

  private void real(Setting setting, Report report) throws IOException, InterruptedException {
    try (ServerProcess server = setting.start(dev.freshet.server.Main.class, "real")) {
      if (setting.wants("HTTP echo")) {
        ClosedLoop loop =
            new ClosedLoop(
                server.port(), setting.clientsOr(CLIENTS), setting.warmUp(), setting.measured());
        report.add(
            "HTTP echo", Report.NOTHING_STORED, loop.run(new EchoScenario(), server.cpuClock()));
      }
      prepare(setting, server);
      String[] modules = {"reused", "fresh"};
      String[] names = {"context reused", "fresh context"};
      for (int i = 0; i < modules.length; i++) {
        transfer("transfer, uniform, " + names[i], setting, server, modules[i], uniform, report);
        transfer("transfer, Zipf 1.5, " + names[i], setting, server, modules[i], zipf, report);
      }
      TransferScenario.verify(server.port());
    }
  }

  private void stub(Setting setting, Report report) throws IOException, InterruptedException {
    try (ServerProcess server = setting.start(StubServer.class, "stub")) {
      prepare(setting, server);
      transfer(STUB_UNIFORM, setting, server, "fresh", uniform, report);
      transfer(STUB_ZIPF, setting, server, "fresh", zipf, report);
      TransferScenario.verify(server.port());
    }
  }

  private static void prepare(Setting setting, ServerProcess server)
      throws IOException, InterruptedException {
    System.err.println("pushing the app, creating accounts …");
    server.push(setting.app());
    TransferScenario.seed(server.port());
  }

  private static void transfer(
      String row, Setting setting, ServerProcess server, String module, Keys keys, Report report)
      throws InterruptedException {
    setting.loop(row, server, CLIENTS, new TransferScenario(module, keys), report);
  }
}
