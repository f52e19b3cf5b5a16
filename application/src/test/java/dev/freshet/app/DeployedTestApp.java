package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.RunnerConfig;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A whole application, with real storage and real processes, that runs one of the apps which the
 * functions module bundles for tests.
 */
final class DeployedTestApp implements AutoCloseable {
  private static final Path FIXTURES = Path.of("..", "functions", "target", "test-fixtures");

  final Application application;
  final Identity admin;

  private DeployedTestApp(Application application) {
    this.application = application;
    this.admin = application.keys().checkAdminKey(application.keys().issueAdminKey());
  }

  static DeployedTestApp deploy(Path directory, String app) {
    return deploy(directory, app, runner -> runner);
  }

  /**
   * @param around wraps what runs functions
   */
  static DeployedTestApp deploy(Path directory, String app, UnaryOperator<FunctionRunner> around) {
    DeployedTestApp deployed = open(directory, around);
    deployed.push(app);
    return deployed;
  }

  /** Opens a directory without pushing. */
  static DeployedTestApp open(Path directory, UnaryOperator<FunctionRunner> around) {
    return open(directory, Limits.defaults(), around, ActionRunner::start);
  }

  /** Deploys an app whose actions do something else. */
  static DeployedTestApp deploy(
      Path directory, String app, Limits limits, ActionRunner actionRunner) {
    DeployedTestApp deployed = open(directory, limits, runner -> runner, _ -> actionRunner);
    deployed.push(app);
    return deployed;
  }

  private static DeployedTestApp open(
      Path directory,
      Limits limits,
      UnaryOperator<FunctionRunner> around,
      Function<RunnerConfig, ActionRunner> actionRunners) {
    return new DeployedTestApp(
        Application.open(
            new ApplicationConfig(
                directory,
                InstanceCredentials.of("test-otter-1", "07".repeat(32)),
                "http://127.0.0.1:3210",
                "http://127.0.0.1:3211",
                false,
                limits,
                Clock.system()),
            config -> around.apply(FunctionRunner.start(config)),
            actionRunners));
  }

  void push(String app) {
    push(modules(FIXTURES.resolve(app)));
  }

  /** Pushes an app with another text in one of its modules, which must be there. */
  void pushChanged(String app, String module, String text, String otherText) {
    List<ObjectNode> modules = modules(FIXTURES.resolve(app));
    for (ObjectNode changed : modules) {
      if (changed.get("path").asString().equals(module)) {
        String source = changed.get("source").asString();
        assertThat(source).contains(text);
        changed.put("source", source.replace(text, otherText));
      }
    }
    push(modules);
  }

  void push(List<ObjectNode> modules) {
    String key = application.keys().issueAdminKey();
    ObjectNode body = Json.object().put("adminKey", key).put("dryRun", false);
    body.put("functions", "convex/");
    ObjectNode definition = body.putObject("appDefinition");
    definition.putNull("definition");
    definition.putArray("dependencies");
    definition.putNull("schema");
    ArrayNode changed = definition.putArray("changedModules");
    for (ObjectNode module : modules) {
      if (module.get("path").asString().equals("schema.js")) {
        definition.set("schema", module);
      } else {
        changed.add(module);
      }
    }
    definition.putArray("unchangedModuleHashes");
    definition.put("udfServerVersion", "1.48.0");
    body.putArray("componentDefinitions");
    body.putArray("nodeDependencies");
    ObjectNode started = application.push().startPush(body);
    ObjectNode waiting = Json.object().put("adminKey", key).put("timeoutMs", 60_000);
    waiting.set("schemaChange", started.get("schemaChange"));
    application.push().waitForSchema(waiting);
    ObjectNode finishing = Json.object().put("adminKey", key).put("dryRun", false);
    finishing.set("startPush", Json.parseStored(Json.write(started)));
    application.push().finishPush(finishing);
  }

  private static List<ObjectNode> modules(Path app) {
    try (Stream<Path> files = Files.walk(app)) {
      return files
          .filter(file -> file.toString().endsWith(".js"))
          .sorted()
          .map(
              file ->
                  Json.object()
                      .put("path", app.relativize(file).toString())
                      .put("source", read(file))
                      .put("sourceMap", read(Path.of(file + ".map")))
                      .put("environment", "isolate"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  QueryResult queryAs(
      Identity identity,
      String path,
      String args,
      @Nullable String journal,
      @Nullable Long timestamp) {
    return application.functions().query(queryRequest(identity, path, args, journal, timestamp));
  }

  static QueryRequest queryRequest(
      Identity identity,
      String path,
      String args,
      @Nullable String journal,
      @Nullable Long timestamp) {
    return new QueryRequest(
        FunctionPath.parse(path),
        args.getBytes(UTF_8),
        identity,
        null,
        journal,
        timestamp,
        RequestContext.of("r1", Caller.HTTP_API));
  }

  QueryResult query(String path, String args) {
    return queryAs(Identity.anonymous(), path, args, null, null);
  }

  MutationResult mutation(String path, String args) {
    return application.functions().mutation(request(Identity.anonymous(), path, args, null));
  }

  MutationResult mutation(String path, String args, SessionRequestId session) {
    return application.functions().mutation(request(Identity.anonymous(), path, args, session));
  }

  static MutationRequest request(
      Identity identity, String path, String args, @Nullable SessionRequestId session) {
    return new MutationRequest(
        FunctionPath.parse(path),
        args.getBytes(UTF_8),
        identity,
        null,
        new RequestContext("r1", Caller.HTTP_API, session, null, null, 0));
  }

  CallOutcome action(String path, String args) {
    return application.functions().action(request(Identity.anonymous(), path, args, null));
  }

  /** The result's JSON; fails with the error's text if there is none. */
  static String value(CallOutcome outcome) {
    return switch (outcome) {
      case CallOutcome.Success success -> new String(success.value(), UTF_8);
      case CallOutcome.Failure failure -> throw new AssertionError(failure.message());
    };
  }

  /** The error's text. */
  static String error(CallOutcome outcome) {
    return switch (outcome) {
      case CallOutcome.Success success ->
          throw new AssertionError("returned " + new String(success.value(), UTF_8));
      case CallOutcome.Failure failure -> failure.message();
    };
  }

  String queried(String path, String args) {
    return value(query(path, args).outcome());
  }

  String mutated(String path, String args) {
    return value(mutation(path, args).outcome());
  }

  @Override
  public void close() {
    application.close();
  }
}
