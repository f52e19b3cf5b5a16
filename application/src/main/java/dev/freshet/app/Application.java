package dev.freshet.app;

/** The product, wired by hand: everything the server needs. Close it to stop it. */
public final class Application implements AutoCloseable {
  private final FunctionService functions = new FunctionService();
  private final FunctionLog functionLog = new FunctionLog();

  private Application() {}

  /** Opens the data directory and starts everything. */
  public static Application open(ApplicationConfig config) {
    return new Application();
  }

  public FunctionService functions() {
    return functions;
  }

  public FunctionLog functionLog() {
    return functionLog;
  }

  @Override
  public void close() {}
}
