package dev.freshet.app;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import java.security.SecureRandom;

/** The product, wired by hand: everything the server needs. Close it to stop it. */
public final class Application implements AutoCloseable {
  private final FunctionService functions;
  private final FunctionLog functionLog;
  private final KeyBroker keys;
  private final Authenticator authenticator;

  private Application(ApplicationConfig config) {
    this.keys =
        new KeyBroker(
            config.credentials(),
            config.clock(),
            new SecureRandom());
    this.authenticator = new Authenticator(keys);
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

  /** Issues and checks admin keys. */
  public KeyBroker keys() {
    return keys;
  }

  public Authenticator authenticator() {
    return authenticator;
  }

  public PushService push() {
    throw FreshetException.notYetAvailable("Pushing");
  }

  public EnvironmentVariables environment() {
    throw FreshetException.notYetAvailable("Setting environment variables");
  }

  @Override
  public void close() {
    functionLog.close();
  }
}
