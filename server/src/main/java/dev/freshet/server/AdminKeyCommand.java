package dev.freshet.server;

import static java.util.Objects.requireNonNull;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.app.KeyBroker;
import dev.freshet.values.Clock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints an admin key of a data directory, and nothing else on standard output. */
@Command(
    name = "admin-key",
    description = "Prints an admin key for the deployment in a data directory.",
    mixinStandardHelpOptions = true)
final class AdminKeyCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "The data directory (env DATA_DIR; default: "
              + ServeOptions.DEFAULT_DATA_DIRECTORY
              + ").")
  private @Nullable Path dataDirectory;

  AdminKeyCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    Environment known = new Environment(environment);
    Path data = ServeOptions.dataDirectory(dataDirectory, known);
    InstanceCredentials credentials = ServeOptions.credentials(data, null, null, known);
    KeyBroker keys = new KeyBroker(credentials, Clock.system(), new SecureRandom());
    requireNonNull(spec).commandLine().getOut().println(keys.issueAdminKey());
    return 0;
  }
}
