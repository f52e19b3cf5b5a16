package dev.freshet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * What the command line asked for, for one run of one benchmark.
 *
 * @param app the folder of the bench app, its packages installed
 * @param directory an empty one, deleted after the run
 * @param clients number of closed loops; 0: the benchmark's own
 * @param size how many documents or subscriptions there are; 0: the benchmark's own
 * @param only of the rows to measure: those whose name contains it
 */
record Setting(
    Path app,
    Path directory,
    int clients,
    int size,
    Duration warmUp,
    Duration measured,
    String only) {
  int clientsOr(int usual) {
    return clients > 0 ? clients : usual;
  }

  int sizeOr(int usual) {
    return size > 0 ? size : usual;
  }

  boolean wants(String row) {
    return row.toLowerCase(Locale.ROOT).contains(only.toLowerCase(Locale.ROOT));
  }

  boolean wantsAny(String... rows) {
    return java.util.Arrays.stream(rows).anyMatch((Predicate<String>) this::wants);
  }

  /** Starts a server whose data lie under the name. */
  ServerProcess start(Class<?> mainClass, String name) throws IOException {
    return ServerProcess.start(mainClass, Files.createDirectories(directory.resolve(name)));
  }

  /** The usual row: closed loops against a server; does nothing if it isn't wanted. */
  void loop(
      String row, ServerProcess server, int usualClients, ClosedLoop.Scenario scenario, Report to)
      throws InterruptedException {
    if (wants(row)) {
      ClosedLoop loop = new ClosedLoop(server.port(), clientsOr(usualClients), warmUp, measured);
      to.add(row, loop.run(scenario, server.cpuClock()));
    }
  }
}
