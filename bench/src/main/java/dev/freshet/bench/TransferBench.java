package dev.freshet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The transfer benchmark with its baselines, all in one run: the same server's HTTP echo, bare
 * commits of the same rows to SQLite, and the whole path with the function replaced by Java.
 */
final class TransferBench {
  private final Path app;
  private final Path directory;
  private final String only;
  private final int clients;
  private final Duration warmUp;
  private final Duration measured;
  private final Report report = new Report();

  TransferBench(
      Path app, Path directory, String only, int clients, Duration warmUp, Duration measured) {
    this.app = app;
    this.directory = directory;
    this.only = only;
    this.clients = clients;
    this.warmUp = warmUp;
    this.measured = measured;
  }

  Report run() throws IOException, InterruptedException {
    Keys uniform = Keys.uniform(TransferScenario.ACCOUNTS);
    Keys zipf = Keys.zipf(TransferScenario.ACCOUNTS, 1.5);
    if (only.isEmpty()) {
      SqliteBaseline.measure(Files.createDirectory(directory.resolve("sqlite")), measured, report);
    }
    try (ServerProcess server = start(dev.freshet.server.Main.class, "real")) {
      run("HTTP echo", server, new EchoScenario());
      prepare(server);
      run("transfer, uniform, context reused", server, new TransferScenario("reused", uniform));
      run("transfer, Zipf 1.5, context reused", server, new TransferScenario("reused", zipf));
      run("transfer, uniform, fresh context", server, new TransferScenario("fresh", uniform));
      run("transfer, Zipf 1.5, fresh context", server, new TransferScenario("fresh", zipf));
      TransferScenario.verify(server.port());
    }
    if (!"function as a Java stub, uniform, Zipf 1.5".contains(only)) {
      return report;
    }
    try (ServerProcess server = start(StubServer.class, "stub")) {
      prepare(server);
      run("function as a Java stub, uniform", server, new TransferScenario("fresh", uniform));
      run("function as a Java stub, Zipf 1.5", server, new TransferScenario("fresh", zipf));
      TransferScenario.verify(server.port());
    }
    return report;
  }

  private ServerProcess start(Class<?> mainClass, String name) throws IOException {
    return ServerProcess.start(mainClass, Files.createDirectories(directory.resolve(name)));
  }

  private void prepare(ServerProcess server) throws IOException, InterruptedException {
    System.err.println("pushing the app, creating accounts …");
    server.push(app);
    TransferScenario.seed(server.port());
  }

  private void run(String name, ServerProcess server, ClosedLoop.Scenario scenario)
      throws InterruptedException {
    if (!name.contains(only)) {
      return;
    }
    ClosedLoop loop = new ClosedLoop(server.port(), clients, warmUp, measured);
    report.add(name, loop.run(scenario, server.cpuClock()));
  }
}
