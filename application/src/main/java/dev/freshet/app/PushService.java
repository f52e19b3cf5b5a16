package dev.freshet.app;

import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.IndexDiff;
import dev.freshet.database.Namespace;
import dev.freshet.database.SchemaDefinition;
import dev.freshet.database.SchemaStore;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.storage.blob.BlobStore;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Deploys apps (spec 20 §4-14). Every method takes the body of its endpoint, checks the admin key
 * in it, and returns the body of the answer. All block; thread-safe.
 *
 * <p>A push has a start, which evaluates the app, stores its code and makes its schema and indexes
 * pending; a wait for these; and an end, one transaction that switches everything. No session is
 * kept in between: the start leaves a {@link PushManifest} in the blob store, the client brings its
 * name back. A push that is never finished leaves blobs, a pending schema and indexes, which the
 * next push or {@link PushCleaner} and {@link BlobCleaner} remove, and changes nothing that
 * functions or clients could see.
 */
public final class PushService {
  private static final String DEFAULT_DIRECTORY = "convex/";
  private static final long DEFAULT_WAIT_MILLIS = 10_000;
  private static final long LONGEST_WAIT_MILLIS = 60_000;
  private static final String WRITE_SOURCE = "push";

  private final Authenticator authenticator;
  private final Database database;
  private final BlobStore blobs;
  private final ModuleCatalog catalog;
  private final ModuleStore store;
  private final PushPreparation preparation;
  private final EnvironmentVariables environment;
  private final SchemaWait schemaWait;
  private final SystemWrites writes;
  private final Clock clock;

  PushService(
      Authenticator authenticator,
      Database database,
      BlobStore blobs,
      ModuleCatalog catalog,
      ModuleStore store,
      PushPreparation preparation,
      EnvironmentVariables environment,
      Limits limits,
      Clock clock) {
    this.authenticator = authenticator;
    this.database = database;
    this.blobs = blobs;
    this.catalog = catalog;
    this.store = store;
    this.preparation = preparation;
    this.environment = environment;
    this.schemaWait = new SchemaWait(database, clock);
    this.clock = clock;
    this.writes = new SystemWrites(database, limits.getInt(Limit.FINISH_PUSH_MAX_OCC_FAILURES));
  }

  /** {@code POST /api/get_config_hashes}. */
  public ObjectNode configHashes(JsonNode body) {
    authenticate(body);
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    List<Row<SourcePackage>> packages = DeploymentTables.SOURCE_PACKAGES.all(transaction);
    SourcePackage deployed = packages.isEmpty() ? null : packages.getFirst().record();
    UdfConfig config = catalog.config(transaction);
    ObjectNode json = Json.object();
    json.putObject("config")
        .put("functions", deployed == null ? DEFAULT_DIRECTORY : deployed.functionsDirectory());
    ArrayNode hashes = json.putArray("moduleHashes");
    for (Row<ModuleRow> row : catalog.rows(transaction)) {
      StoredModule module = row.record().stored();
      hashes
          .addObject()
          .put("path", module.path())
          .put("hash", module.sha256())
          .put("environment", module.environment().wireName());
    }
    json.put("udfServerVersion", config == null ? null : config.serverVersion());
    if (deployed != null && deployed.nodeVersion() != null) {
      json.put("nodeVersion", deployed.nodeVersion()); // null would read as another version
    }
    return json;
  }

  /** {@code POST /api/deploy2/start_push}. */
  public ObjectNode startPush(JsonNode body) {
    authenticate(body);
    return explained(() -> start(preparation.prepare(body)));
  }

  private ObjectNode start(PreparedPush push) {
    if (push.request().withoutEffect()) {
      return PushJson.started(push, null, null, predictIndexes(push.schema()));
    }
    store.store(push.compiled());
    String manifest = PushManifest.of(push).store(blobs);
    return writes.run(
        WRITE_SOURCE,
        transaction -> {
          SchemaStore schemas = SchemaStore.in(transaction, Namespace.ROOT);
          IndexDiff diff = schemas.prepareIndexes(push.schema());
          DocumentId id = push.schema() == null ? null : schemas.submitPending(push.schema());
          return PushJson.started(push, manifest, id, diff);
        });
  }

  private IndexDiff predictIndexes(@Nullable SchemaDefinition schema) {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    return SchemaStore.in(transaction, Namespace.ROOT).diffIndexes(schema);
  }

  /** {@code POST /api/deploy2/evaluate_push}: what a push would do to the indexes. */
  public ObjectNode evaluatePush(JsonNode body) {
    authenticate(body);
    return explained(
        () -> {
          PreparedPush push = preparation.prepare(body);
          ObjectNode json = Json.object();
          json.set("schemaChange", PushJson.schemaChange(null, predictIndexes(push.schema())));
          return json;
        });
  }

  /** {@code POST /api/deploy2/evaluate_schema}: what a push would cost. */
  public ObjectNode evaluateSchema(JsonNode body) {
    authenticate(body);
    return explained(
        () -> {
          PreparedPush push = preparation.prepare(body);
          Transaction transaction = database.begin(TransactionOptions.SYSTEM);
          return new SchemaForecast(transaction).answer(push.schema());
        });
  }

  /** {@code POST /api/deploy2/wait_for_schema}: waits for an outcome, as long as the body says. */
  public ObjectNode waitForSchema(JsonNode body) {
    authenticate(body);
    JsonNode change = body.path("schemaChange");
    JsonNode dryRunSchema = change.path(PushJson.DRY_RUN_SCHEMA);
    if (dryRunSchema.isString()) {
      return schemaWait.checkDocuments(SchemaDefinition.parse(dryRunSchema.stringValue()));
    }
    DocumentId schema = schemaId(change);
    if (schema == null) {
      return SchemaWait.complete();
    }
    long timeout = body.path("timeoutMs").asLong(DEFAULT_WAIT_MILLIS);
    return schemaWait.await(schema, Math.clamp(timeout, 0, LONGEST_WAIT_MILLIS));
  }

  /** {@code POST /api/deploy2/finish_push}. */
  public ObjectNode finishPush(JsonNode body) {
    authenticate(body);
    if (body.path("dryRun").asBoolean(false)) {
      return PushJson.nothingFinished();
    }
    return explained(() -> finish(body));
  }

  private ObjectNode finish(JsonNode body) {
    JsonNode started = body.path("startPush");
    String key =
        started
            .path("componentDefinitionPackages")
            .path(PushJson.ROOT)
            .path("storageKey")
            .asString("");
    PushManifest manifest = PushManifest.load(blobs, key);
    ExternalPackages packages = manifest.packages();
    if (!store.renew(manifest.modules().stream().map(ModuleRow::stored).toList())
        || (packages != null && !blobs.renew(packages.storageKey()))) {
      throw PushManifest.missing(); // given up so long ago that its code was cleaned up
    }
    DocumentId schema = schemaId(started.path("schemaChange"));
    JsonNode note = body.path("message");
    String message = note.isString() ? note.stringValue() : null;
    try {
      FinishedPush finished =
          writes.run(
              WRITE_SOURCE,
              transaction ->
                  new PushActivation(transaction, catalog, environment, manifest, clock.unixNanos())
                      .run(key, schema, message));
      return PushJson.finished(finished);
    } catch (ConflictException e) {
      throw FreshetException.badRequest(
          "ConcurrentPush",
          "The push lost against other changes again and again. Are you running multiple"
              + " `npx convex dev` or `npx convex deploy` at the same time?");
    }
  }

  /** {@code POST /api/deploy2/report_push_completed}: how long the client's steps took; unused. */
  public JsonNode reportPushCompleted(JsonNode body) {
    authenticate(body);
    return NullNode.getInstance();
  }

  private void authenticate(JsonNode body) {
    JsonNode key = body.path("adminKey");
    authenticator.requireAdminKey(key.isString() ? key.stringValue() : null, DeploymentOp.DEPLOY);
  }

  private static @Nullable DocumentId schemaId(JsonNode schemaChange) {
    JsonNode id = schemaChange.path("schemaIds").path(PushJson.ROOT);
    return id.isString() ? DocumentId.decode(id.stringValue()) : null;
  }

  /** Puts the words before an error by which the client's user knows where it comes from. */
  private static <T> T explained(Supplier<T> step) {
    try {
      return step.get();
    } catch (FreshetException e) {
      if (e.errorClass() != ErrorClass.BAD_REQUEST) {
        throw e;
      }
      throw new FreshetException(
          e.errorClass(), e.code(), "Hit an error while pushing:\n" + e.text(), e.data(), e);
    }
  }
}
