package dev.freshet.bench;

import dev.freshet.functions.FunctionRunner;
import dev.freshet.server.Main;

/** The server with the benchmark's function replaced by Java. */
final class StubServer {
  private StubServer() {}

  public static void main(String[] args) {
    Main.run(args, config -> new StubRunner(FunctionRunner.start(config)));
  }
}
