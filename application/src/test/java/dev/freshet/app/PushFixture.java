package dev.freshet.app;

import static java.util.Objects.requireNonNull;

import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.ModuleCompiler;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.blob.DirectoryBlobStore;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A deployment over real storage, up to the point where functions are called. */
final class PushFixture implements AutoCloseable {
  static final String CLOUD_URL = "http://127.0.0.1:3210";

  final Database database;
  final KeyBroker keys;
  final ModuleCatalog catalog;
  final EnvironmentVariables environment;
  final PushService push;
  final NodePackages nodePackages;
  final SystemFunctions systemFunctions;
  final String adminKey;

  PushFixture(Path directory, FunctionRunner runner, ModuleCompiler compiler) {
    this(directory, runner, compiler, new ScriptedActionRunner());
  }

  PushFixture(
      Path directory, FunctionRunner runner, ModuleCompiler compiler, ActionRunner actionRunner) {
    this(directory, runner, compiler, actionRunner, Limits.defaults());
  }

  PushFixture(
      Path directory,
      FunctionRunner runner,
      ModuleCompiler compiler,
      ActionRunner actionRunner,
      Limits limits) {
    Clock clock = Clock.system();
    SecureRandom random = new SecureRandom();
    Persistence persistence = SqlitePersistence.open(directory.resolve("db.sqlite3"));
    database = Database.open(persistence, clock, random, limits, DeploymentTables.ALL);
    keys = new KeyBroker(InstanceCredentials.of("happy-otter-1", "07".repeat(32)), clock, random);
    adminKey = keys.issueAdminKey();
    DirectoryBlobStore blobs = DirectoryBlobStore.open(directory.resolve("blobs"));
    ModuleStore store = new ModuleStore(blobs, compiler);
    catalog = new ModuleCatalog(store);
    PushEvaluator evaluator = new PushEvaluator(runner, actionRunner, limits);
    environment =
        new EnvironmentVariables(
            database, catalog, evaluator, CLOUD_URL, "http://127.0.0.1:3211", limits);
    nodePackages =
        new NodePackages(
            database,
            blobs,
            new PackageBuilder(limits, System.getenv()),
            new PackageCache(directory.resolve("packages"), blobs),
            actionRunner);
    push =
        new PushService(
            new Authenticator(keys),
            database,
            blobs,
            catalog,
            store,
            new PushPreparation(
                database,
                catalog,
                store,
                evaluator,
                environment,
                nodePackages,
                limits,
                clock,
                random),
            environment,
            limits,
            clock);
    systemFunctions = new SystemFunctions(keys.cursors(), catalog, environment);
  }

  /** The body of {@code start_push} for modules given by path and source. */
  ObjectNode body(@Nullable String schema, Map<String, String> modules) {
    ObjectNode body =
        Json.object().put("adminKey", adminKey).put("dryRun", false).put("functions", "convex/");
    ObjectNode app = body.putObject("appDefinition");
    app.putNull("definition");
    app.putArray("dependencies");
    if (schema == null) {
      app.putNull("schema");
    } else {
      app.set("schema", module("schema.js", schema));
    }
    ArrayNode changed = app.putArray("changedModules");
    modules.forEach((path, source) -> changed.add(module(path, source)));
    app.putArray("unchangedModuleHashes");
    app.put("udfServerVersion", "1.48.0");
    body.putArray("componentDefinitions");
    body.putArray("nodeDependencies");
    return body;
  }

  static ObjectNode module(String path, String source) {
    return Json.object().put("path", path).put("source", source).put("environment", "isolate");
  }

  /** A whole push, as the client does it. */
  JsonNode deploy(ObjectNode body) {
    ObjectNode started = push.startPush(body);
    awaitSchema(started);
    return push.finishPush(finishing(started));
  }

  JsonNode awaitSchema(ObjectNode started) {
    return push.waitForSchema(waiting(started));
  }

  ObjectNode waiting(ObjectNode started) {
    ObjectNode body = Json.object().put("adminKey", adminKey).put("timeoutMs", 60_000);
    body.set("schemaChange", started.get("schemaChange"));
    return body;
  }

  ObjectNode finishing(ObjectNode started) {
    ObjectNode body = Json.object().put("adminKey", adminKey).put("dryRun", false);
    // Through text, as over the wire.
    body.set("startPush", Json.parseStored(Json.write(started)));
    return body.put("message", "a note");
  }

  /** The deployed module, which must be there. */
  DeployedModule module(String path) {
    return requireNonNull(catalog.module(database.begin(TransactionOptions.SYSTEM), path));
  }

  /** The text of a module as another one of the app loads it. */
  static String script(DeployedModule module, String path) {
    return requireNonNull(module.modules().get(path)).code().get().script();
  }

  UdfConfig config() {
    return requireNonNull(catalog.config(database.begin(TransactionOptions.SYSTEM)));
  }

  <T extends @Nullable Object> T read(Function<Transaction, T> work) {
    return work.apply(database.begin(TransactionOptions.SYSTEM));
  }

  /** Like a mutation: again where it lost, e.g. against the work on a pushed schema. */
  void write(Consumer<Transaction> work) {
    while (true) {
      Transaction transaction = database.begin(TransactionOptions.USER);
      work.accept(transaction);
      try {
        database.commit(transaction, WriteSource.UNKNOWN);
        return;
      } catch (ConflictException e) {
        database.awaitTimestamp(e.timestamp());
      }
    }
  }

  List<String> deployedPaths() {
    return read(t -> catalog.rows(t).stream().map(row -> row.record().path()).toList());
  }

  /** The code of the error that a call ends with, or a note that it didn't. */
  static String codeOf(Runnable call) {
    try {
      call.run();
      return "no error";
    } catch (FreshetException e) {
      return e.errorClass().httpStatus() + " " + e.code();
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
