package dev.freshet.app;

import dev.freshet.values.Limit;

/** The product, wired by hand: everything the server needs. Close it to stop it. */
public final class Application implements AutoCloseable {
  private final FunctionService functions;
  private final FunctionLog functionLog;

  private Application(ApplicationConfig config) {
    this.functions = new FunctionService();
    this.functionLog =
        new FunctionLog(config.clock(), config.limits().getInt(Limit.MAX_UDF_EXECUTION));
  }

  /** Opens the data directory and starts everything. */
  public static Application open(ApplicationConfig config) {
    return new Application(config);
  }

  public FunctionService functions() {
    return functions;
  }

  public FunctionLog functionLog() {
    return functionLog;
  }

  @Override
  public void close() {
    functionLog.close();
  }
}
