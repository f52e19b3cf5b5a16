package dev.freshet.server;

import static java.util.Objects.requireNonNull;

import ch.qos.logback.classic.LoggerContext;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.RunnerConfig;
import dev.freshet.values.Clock;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs a server until it is told to stop. */
@Command(
    name = "serve",
    description = "Runs a server until SIGTERM or SIGINT, which end it with exit code 0.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
class ServeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

  private final Map<String, String> environment;
  private final Function<RunnerConfig, FunctionRunner> runners;
  @Mixin private final ServeOptions options = new ServeOptions();
  @Spec private @Nullable CommandSpec spec;

  ServeCommand(Map<String, String> environment, Function<RunnerConfig, FunctionRunner> runners) {
    this.environment = environment;
    this.runners = runners;
  }

  /** The same, with what an app needs to reach the server. */
  @Command(
      name = "dev",
      description =
          "Runs a server and prints the two lines that an app's .env.local needs to use it.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Dev extends ServeCommand {
    Dev(Map<String, String> environment, Function<RunnerConfig, FunctionRunner> runners) {
      super(environment, runners);
    }

    @Override
    void announce(FreshetServer server, String url, PrintWriter out) {
      out.println("# .env.local of your app:");
      out.println("CONVEX_SELF_HOSTED_URL='" + url + "'");
      out.println(
          "CONVEX_SELF_HOSTED_ADMIN_KEY='" + server.application().keys().issueAdminKey() + "'");
      super.announce(server, url, out);
    }
  }

  void announce(FreshetServer server, String url, PrintWriter out) {
    out.println("ready on " + url);
    out.flush();
  }

  @Override
  public Integer call() throws InterruptedException {
    Environment known = new Environment(environment);
    known.warnings().forEach(log::warn);
    ServerConfig config = options.config(known);
    FreshetServer server = FreshetServer.start(config, Clock.system(), runners);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().name("shutdown").unstarted(() -> stop(server, stopped)));
    String host = config.host().equals("0.0.0.0") ? "127.0.0.1" : config.host();
    announce(
        server,
        "http://" + host + ":" + server.port(),
        requireNonNull(spec).commandLine().getOut());
    stopped.await();
    return 0;
  }

  /** A signal is the ordinary way to stop: exit code 0, not 128 plus the signal's number. */
  private static void stop(FreshetServer server, CountDownLatch stopped) {
    int exitCode = 0;
    try {
      server.close();
      log.info("stopped");
    } catch (RuntimeException e) {
      log.error("The server did not stop cleanly", e);
      exitCode = 1;
    }
    stopped.countDown();
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logs) {
      logs.stop(); // writes what is still queued
    }
    Runtime.getRuntime().halt(exitCode);
  }
}
