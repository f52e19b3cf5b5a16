package dev.freshet.server;

import static java.util.Objects.requireNonNull;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.app.KeyBroker;
import dev.freshet.values.Clock;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes keys from a name and a secret, without a data directory (spec 20 §26). */
@Command(
    name = "keygen",
    description = "Makes keys for an instance name and secret.",
    mixinStandardHelpOptions = true,
    subcommands = KeygenCommand.AdminKey.class)
final class KeygenCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec command = requireNonNull(spec);
    command.commandLine().usage(command.commandLine().getErr());
    return command.exitCodeOnInvalidInput();
  }

  @Command(
      name = "admin-key",
      description = "Prints an admin key.",
      mixinStandardHelpOptions = true)
  static final class AdminKey implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--instance-name", paramLabel = "NAME", required = true)
    private String name = "";

    @Option(names = "--instance-secret", paramLabel = "HEX", required = true)
    private String secret = "";

    @Override
    public Integer call() {
      KeyBroker keys =
          new KeyBroker(InstanceCredentials.of(name, secret), Clock.system(), new SecureRandom());
      requireNonNull(spec).commandLine().getOut().println(keys.issueAdminKey());
      return 0;
    }
  }
}
