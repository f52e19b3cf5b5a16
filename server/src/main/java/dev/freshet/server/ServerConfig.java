package dev.freshet.server;

import dev.freshet.app.ApplicationConfig;
import dev.freshet.app.InstanceCredentials;
import dev.freshet.functions.MemoryBudget;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the server is set up; read by {@link ServeOptions}.
 *
 * @param host address to bind
 * @param port API port, 0 for any
 * @param sitePort port of HTTP actions, 0 for any
 * @param cloudOrigin public URL of the API, null for the loopback address with the port
 * @param siteOrigin public URL of HTTP actions, null likewise
 * @param node the Node.js executable, null for the one on the PATH
 * @param runnerMemory bytes that the processes which run functions may take
 */
public record ServerConfig(
    String host,
    int port,
    int sitePort,
    Path dataDirectory,
    InstanceCredentials credentials,
    @Nullable String cloudOrigin,
    @Nullable String siteOrigin,
    boolean redactLogsToClient,
    Limits limits,
    @Nullable Path node,
    long runnerMemory) {
  ApplicationConfig application(Clock clock) {
    return new ApplicationConfig(
        dataDirectory,
        credentials,
        cloudOrigin == null ? localOrigin(port) : cloudOrigin,
        siteOrigin == null ? localOrigin(sitePort) : siteOrigin,
        redactLogsToClient,
        limits,
        clock,
        node,
        MemoryBudget.of(runnerMemory));
  }

  static String localOrigin(int port) {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public String toString() {
    return "ServerConfig[" + credentials.name() + ", " + host + ":" + port + "]";
  }
}
