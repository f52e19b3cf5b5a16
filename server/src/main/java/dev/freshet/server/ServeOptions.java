package dev.freshet.server;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/**
 * The flags of {@code serve}, with the names self-hosters know (spec 20 §27, decisions 5 and 6). A
 * flag outranks its environment variable.
 */
final class ServeOptions {
  private static final Logger log = LoggerFactory.getLogger(ServeOptions.class);

  static final String DEFAULT_DATA_DIRECTORY = "freshet-data";
  private static final int MAX_PORT = 65_535;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "3210",
      description = "Port of the API (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--site-proxy-port",
      paramLabel = "PORT",
      defaultValue = "3211",
      description = "Port of HTTP actions (default: ${DEFAULT-VALUE}).")
  private int sitePort;

  @Option(
      names = {"-i", "--interface"},
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on; 0.0.0.0 for every network (default: ${DEFAULT-VALUE}).")
  private String host = "";

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "Where everything is kept (env DATA_DIR; default: " + DEFAULT_DATA_DIRECTORY + ").")
  private @Nullable Path dataDirectory;

  @Option(
      names = "--instance-name",
      paramLabel = "NAME",
      description =
          "The deployment's name, part of its keys (env INSTANCE_NAME; default: kept in the data"
              + " directory).")
  private @Nullable String instanceName;

  @Option(
      names = "--instance-secret",
      paramLabel = "HEX",
      description =
          "64 hexadecimal digits that all keys derive from (env INSTANCE_SECRET; default: made up"
              + " on first start and kept in the data directory).")
  private @Nullable String instanceSecret;

  @Option(
      names = "--convex-origin",
      paramLabel = "URL",
      description =
          "Public URL of the API (env CONVEX_CLOUD_ORIGIN; default: http://127.0.0.1:PORT).")
  private @Nullable String cloudOrigin;

  @Option(
      names = "--convex-site",
      paramLabel = "URL",
      description =
          "Public URL of HTTP actions (env CONVEX_SITE_ORIGIN; default: http://127.0.0.1 with the"
              + " site port).")
  private @Nullable String siteOrigin;

  @Option(
      names = "--redact-logs-to-client",
      description = "Keep error texts and log lines from clients (env REDACT_LOGS_TO_CLIENT).")
  private boolean redact;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "Memory of the server and its runners together, e.g. 2G (env FRESHET_MEMORY; default:"
              + " half of what there is).")
  private @Nullable String memory;

  @Option(
      names = {"-d", "--db"},
      paramLabel = "KIND",
      defaultValue = "sqlite",
      description = "Kind of database (default and only: ${DEFAULT-VALUE}).")
  private String database = "";

  @Option(
      names = "--local-storage",
      paramLabel = "DIR",
      description = "Must be the data directory's own folder \"storage\", which is the default.")
  private @Nullable Path localStorage;

  @Option(names = "--s3-storage", hidden = true)
  private boolean s3Storage;

  @Option(names = "--convex-http-proxy", hidden = true)
  private @Nullable String httpProxy;

  @Option(names = "--local-log-sink", hidden = true)
  private @Nullable String localLogSink;

  @Option(
      names = {"--disable-beacon", "--do-not-require-ssl"},
      hidden = true)
  private boolean ignoredSwitch;

  @Option(
      names = {"--beacon-tag", "--beacon-fields", "--sentry-identifier"},
      hidden = true)
  private @Nullable String ignoredValue;

  /**
   * The configuration that flags and environment describe; creates the data directory.
   *
   * @throws FreshetException {@code InvalidConfig} or {@code NotYetAvailable}
   */
  ServerConfig config(Environment environment) {
    refuseWhatIsMissing();
    if (ignoredSwitch || ignoredValue != null) {
      log.warn("Flags about beacons, Sentry and database TLS have no effect here.");
    }
    String cloud = origin("--convex-origin", cloudOrigin, environment, "CONVEX_CLOUD_ORIGIN");
    String site = origin("--convex-site", siteOrigin, environment, "CONVEX_SITE_ORIGIN");
    if ((cloud == null) != (site == null)) {
      throw invalid("--convex-origin and --convex-site must be given together.");
    }
    checkPort("--port", port);
    checkPort("--site-proxy-port", sitePort);
    Path data = dataDirectory(dataDirectory, environment);
    if (localStorage != null
        && !localStorage.toAbsolutePath().equals(data.resolve("storage").toAbsolutePath())) {
      throw FreshetException.notYetAvailable("Storage outside the data directory");
    }
    return new ServerConfig(
        host,
        port,
        sitePort,
        data,
        credentials(data, instanceName, instanceSecret, environment),
        cloud,
        site,
        redact || environment.get("REDACT_LOGS_TO_CLIENT") != null,
        Limits.fromEnvironment(environment.all()),
        node(environment),
        memoryPlan(environment).runners());
  }

  private MemoryPlan memoryPlan(Environment environment) {
    String size = memory != null ? memory : environment.get(MemoryPlan.VARIABLE);
    MemoryPlan plan =
        MemoryPlan.of(
            size == null ? MemoryPlan.usual() : MemoryPlan.parse(size),
            Runtime.getRuntime().maxMemory());
    log.info("{}", plan);
    String warning = plan.warning(size != null);
    if (warning != null) {
      log.warn("{}", warning);
    }
    return plan;
  }

  private void refuseWhatIsMissing() {
    if (!database.equals("sqlite")) {
      throw FreshetException.notYetAvailable("The database \"" + database + "\"");
    }
    Predicate<@Nullable Object> given = value -> value != null && !Boolean.FALSE.equals(value);
    record Missing(@Nullable Object value, String feature) {}
    for (Missing missing :
        List.of(
            new Missing(s3Storage, "Storage in S3"),
            new Missing(httpProxy, "A proxy for fetch"),
            new Missing(localLogSink, "A log sink in a file"))) {
      if (given.test(missing.value())) {
        throw FreshetException.notYetAvailable(missing.feature());
      }
    }
  }

  private static @Nullable Path node(Environment environment) {
    String node = environment.get("FRESHET_NODE");
    if (node == null) {
      return null;
    }
    if (!Files.isExecutable(Path.of(node))) {
      throw invalid("FRESHET_NODE must name the Node.js executable; " + node + " is none.");
    }
    return Path.of(node);
  }

  /** The directory a command works in, absolute. */
  static Path dataDirectory(@Nullable Path flag, Environment environment) {
    String variable = environment.get("DATA_DIR");
    Path path = flag != null ? flag : Path.of(variable == null ? DEFAULT_DATA_DIRECTORY : variable);
    return path.toAbsolutePath().normalize();
  }

  /** Name and secret from the flags, else the environment, else the data directory. */
  static InstanceCredentials credentials(
      Path dataDirectory, @Nullable String name, @Nullable String secret, Environment environment) {
    try {
      Files.createDirectories(dataDirectory);
      return InstanceCredentials.open(
          dataDirectory,
          name != null ? name : environment.get("INSTANCE_NAME"),
          secret != null ? secret : environment.get("INSTANCE_SECRET"),
          new SecureRandom());
    } catch (IOException | UncheckedIOException e) {
      throw new FreshetException(
          ErrorClass.BAD_REQUEST,
          "InvalidConfig",
          "The data directory " + dataDirectory + " cannot be used: " + e + ".",
          null,
          e);
    }
  }

  private static @Nullable String origin(
      String flag, @Nullable String value, Environment environment, String variable) {
    String origin = value != null ? value : environment.get(variable);
    if (origin == null || origin.isEmpty()) {
      return origin;
    }
    if (!origin.startsWith("http://") && !origin.startsWith("https://")) {
      throw invalid(flag + " (" + variable + ") must start with http:// or https://.");
    }
    return origin.endsWith("/") ? origin.substring(0, origin.length() - 1) : origin;
  }

  private static void checkPort(String flag, int port) {
    if (port < 0 || port > MAX_PORT) {
      throw invalid(flag + " must be between 1 and " + MAX_PORT + ", or 0 for any free port.");
    }
  }

  private static FreshetException invalid(String message) {
    return FreshetException.badRequest("InvalidConfig", message);
  }
}
