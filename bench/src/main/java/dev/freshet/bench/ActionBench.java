package dev.freshet.bench;

import java.io.IOException;

/** Actions that do nothing: what the way to them and back costs, in V8 and in Node. */
final class ActionBench implements Benchmark {
  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    try (ServerProcess server = setting.start(dev.freshet.server.Main.class, "actions")) {
      server.push(setting.app());
      for (int clients : new int[] {1, 8}) {
        String loops = clients == 1 ? ", one at a time" : ", " + clients + " at once";
        setting.loop("action, no-op" + loops, server, clients, noop("actions:noop"), report);
        setting.loop(
            "Node action, no-op" + loops, server, clients, noop("nodeActions:noop"), report);
      }
    }
  }

  private static CallScenario noop(String function) {
    return new CallScenario("action", function, _ -> "{}");
  }
}
