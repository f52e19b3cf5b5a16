package dev.freshet.app;

import dev.freshet.functions.MemoryBudget;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the application is set up.
 *
 * @param dataDirectory holds the database, the modules and nothing else
 * @param credentials the deployment's name and the secret its keys derive from
 * @param cloudOrigin where clients reach the deployment: {@code CONVEX_CLOUD_URL}
 * @param siteOrigin where HTTP actions are reached: {@code CONVEX_SITE_URL}
 * @param redactLogsToClient withholds error texts and log lines from clients (spec 30 §5.4)
 * @param node the Node.js executable; null: {@code node} from the PATH
 * @param memory what the processes that run functions may take
 */
public record ApplicationConfig(
    Path dataDirectory,
    InstanceCredentials credentials,
    String cloudOrigin,
    String siteOrigin,
    boolean redactLogsToClient,
    Limits limits,
    Clock clock,
    @Nullable Path node,
    MemoryBudget memory) {
  /** With {@code node} from the PATH and memory without bounds. */
  public ApplicationConfig(
      Path dataDirectory,
      InstanceCredentials credentials,
      String cloudOrigin,
      String siteOrigin,
      boolean redactLogsToClient,
      Limits limits,
      Clock clock) {
    this(
        dataDirectory,
        credentials,
        cloudOrigin,
        siteOrigin,
        redactLogsToClient,
        limits,
        clock,
        null,
        MemoryBudget.unlimited());
  }

  @Override
  public String toString() {
    return "ApplicationConfig[" + credentials.name() + ", " + dataDirectory + "]";
  }
}
