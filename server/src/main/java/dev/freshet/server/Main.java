package dev.freshet.server;

import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.RunnerConfig;
import dev.freshet.values.FreshetException;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command line: {@code serve}, {@code dev}, {@code admin-key}, {@code keygen}, {@code db}. */
@Command(
    name = "freshet",
    description = "A reactive document database that runs its users' TypeScript functions.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionProvider.class,
    subcommands = {
      ServeCommand.class,
      ServeCommand.Dev.class,
      AdminKeyCommand.class,
      KeygenCommand.class,
      DbCommand.class,
      LimitsCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Main {
  private static final int MIN_CARRIERS = 4;

  private Main() {}

  public static void main(String[] args) {
    run(args, FunctionRunner::start);
  }

  /** Carries out a command line; functions are run by what {@code runners} makes. */
  public static void run(String[] args, Function<RunnerConfig, FunctionRunner> runners) {
    // Calls into SQLite and pipes hold their carrier; with one per core a few of them stop
    // everything.
    String carriers = "jdk.virtualThreadScheduler.parallelism";
    if (System.getProperty(carriers) == null) {
      int cores = Runtime.getRuntime().availableProcessors();
      System.setProperty(carriers, String.valueOf(Math.max(MIN_CARRIERS, cores)));
    }
    int exitCode = commandLine(System.getenv(), runners).execute(args);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  static CommandLine commandLine(
      Map<String, String> environment, Function<RunnerConfig, FunctionRunner> runners) {
    CommandLine commandLine =
        new CommandLine(new Main(), new CommandFactory(environment, runners))
            .setExecutionExceptionHandler(
                (e, command, _) -> {
                  if (!(e instanceof FreshetException known)) {
                    throw e;
                  }
                  command.getErr().println(command.getColorScheme().errorText(known.text()));
                  return command.getCommandSpec().exitCodeOnExecutionException();
                });
    return commandLine;
  }

  /** Hands the environment to the commands, so that tests can choose it. */
  private record CommandFactory(
      Map<String, String> environment, Function<RunnerConfig, FunctionRunner> runners)
      implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == ServeCommand.class) {
        return type.cast(new ServeCommand(environment, runners));
      }
      if (type == ServeCommand.Dev.class) {
        return type.cast(new ServeCommand.Dev(environment, runners));
      }
      if (type == AdminKeyCommand.class) {
        return type.cast(new AdminKeyCommand(environment));
      }
      if (DbCommand.Tool.class.isAssignableFrom(type)) {
        return type.getDeclaredConstructor(Map.class).newInstance(environment);
      }
      return CommandLine.defaultFactory().create(type);
    }
  }

  static final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"freshet " + Version.text()};
    }
  }
}
