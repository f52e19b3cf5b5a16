package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.app.ScheduleTables.Job;
import dev.freshet.app.StorageTables.StoredFile;
import dev.freshet.database.Database;
import dev.freshet.database.Document;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code db.system} over rows that other parts of the system have written (spec 40 §4.2). */
class VirtualTablesTest {
  private static final byte[] HASH = new byte[32];

  @TempDir static Path directory;

  private static DeployedTestApp app;
  private static DocumentId small;
  private static DocumentId large;
  private static DocumentId pending;
  private static DocumentId failed;

  @BeforeAll
  static void writeRows() {
    app = DeployedTestApp.deploy(directory, "semantics");
    Transaction transaction = database().begin(TransactionOptions.SYSTEM);
    small =
        StorageTables.FILES.insert(
            transaction, new StoredFile("uuid-1", "key-1", HASH, 5, "text/plain"));
    large =
        StorageTables.FILES.insert(
            transaction, new StoredFile("uuid-2", "key-2", HASH, 5000, null));
    DocumentId args =
        ScheduleTables.ARGS.insert(
            transaction, ArrayValue.of(ObjectValue.of(Map.of("n", Value.of(1.0)))));
    long at = 1_700_000_000_123_000_000L;
    pending =
        ScheduleTables.JOBS.insert(
            transaction,
            new Job("events.js:record", args, type("pending"), at, null, at, ObjectValue.EMPTY));
    failed =
        ScheduleTables.JOBS.insert(
            transaction,
            new Job(
                "events.js:relay",
                null,
                type("failed").with("error", Value.of("no")),
                null,
                at,
                null,
                ObjectValue.EMPTY));
    database().commit(transaction, WriteSource.system("test"));
  }

  @AfterAll
  static void close() {
    app.close();
  }

  private static Database database() {
    return app.application.database();
  }

  private static ObjectValue type(String type) {
    return ObjectValue.of(Map.of("type", Value.of(type)));
  }

  private static String id(DocumentId id) {
    return "{\"id\":\"" + id.encode() + "\"}";
  }

  private static JsonNode json(String function, String args) {
    return Json.parseStored(app.queried(function, args));
  }

  @Test
  void showsFiles() {
    JsonNode file = json("system:get", id(small));
    assertThat(file.propertyNames())
        .containsExactlyInAnyOrder("_id", "_creationTime", "sha256", "size", "contentType");
    assertThat(file.get("_id").asString()).isEqualTo(small.encode()).startsWith("kg2");
    assertThat(file.get("sha256").asString()).hasSize(44).endsWith("=");
    assertThat(file.get("size").asDouble()).isEqualTo(5);
    assertThat(file.get("contentType").asString()).isEqualTo("text/plain");
    assertThat(json("system:get", id(large)).get("contentType").isNull()).isTrue();
    assertThat(json("system:list", "{\"table\":\"_storage\"}")).hasSize(2);
  }

  @Test
  void showsScheduledFunctions() {
    JsonNode job = json("system:get", id(pending));
    assertThat(job.propertyNames())
        .containsExactlyInAnyOrder(
            "_id", "_creationTime", "name", "args", "state", "scheduledTime");
    assertThat(job.get("_id").asString()).startsWith("kc2");
    assertThat(job.get("name").asString()).isEqualTo("events.js:record");
    assertThat(Json.write(job.get("args"))).isEqualTo("[{\"n\":1.0}]");
    assertThat(Json.write(job.get("state"))).isEqualTo("{\"kind\":\"pending\"}");
    assertThat(job.get("scheduledTime").asDouble()).isEqualTo(1_700_000_000_123.0);

    JsonNode ended = json("system:get", id(failed));
    assertThat(Json.write(ended.get("state"))).isEqualTo("{\"error\":\"no\",\"kind\":\"failed\"}");
    assertThat(ended.get("completedTime").asDouble()).isEqualTo(1_700_000_000_123.0);
    assertThat(ended.get("args")).isEmpty();
  }

  @Test
  void filtersAndPagesSeeTheFormShown() {
    JsonNode found = json("system:large", "{\"size\":100}");
    assertThat(found).hasSize(1);
    assertThat(found.get(0).get("_id").asString()).isEqualTo(large.encode());
    String args =
        "{\"table\":\"_scheduled_functions\",\"paginationOpts\":{\"cursor\":null,\"numItems\":1}}";
    JsonNode page = json("system:page", args);
    assertThat(page.get("page").get(0).get("name").asString()).isEqualTo("events.js:record");
    assertThat(page.get("isDone").asBoolean()).isFalse();
  }

  @Test
  void idsNormalizeAndSatisfyValidators() {
    String both = "{\"table\":\"_storage\",\"id\":\"" + small.encode() + "\"}";
    assertThat(app.queried("system:normalize", both)).isEqualTo("\"" + small.encode() + "\"");
    String other = "{\"table\":\"_storage\",\"id\":\"" + pending.encode() + "\"}";
    assertThat(app.queried("system:normalize", other)).isEqualTo("null");
    assertThat(app.mutated("system:reference", id(small))).startsWith("\"");
    assertThat(error(app.mutation("system:reference", id(pending)).outcome()))
        .contains("ArgumentValidationError");
  }

  @Test
  void readsAreCharged() {
    assertThat(app.queried("system:usage", id(small))).isEqualTo("1.0");
    Transaction transaction = database().begin(TransactionOptions.USER);
    Document file = Objects.requireNonNull(transaction.get(small, "1.48.0"));
    Transaction system = database().begin(TransactionOptions.SYSTEM);
    Document row = Objects.requireNonNull(system.get(small));
    assertThat(row.json()).contains("storageKey");
    assertThat(file.size()).isEqualTo(row.size());
    assertThat(transaction.usage().bytesRead().used()).isEqualTo(row.size());
    assertThat(system.usage().bytesRead().used()).isZero();
  }

  @Test
  void oldPackagesAreShownHexOrToldToUpgrade() {
    Transaction transaction = database().begin(TransactionOptions.USER);
    assertThat(Objects.requireNonNull(transaction.get(small, "1.8.9")).value().get("sha256"))
        .isEqualTo(Value.of("00".repeat(32)));
    QuerySpec scan = QuerySpec.fullScan("_storage", Order.ASC);
    assertThatThrownBy(() -> transaction.query(scan))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.code()).isEqualTo("InvalidClientVersion");
              assertThat(e.text()).startsWith("Upgrade to NPM version 1.6");
            });
  }

  @Test
  void aQueryDependsOnTheRowsBehind() {
    Transaction reader = database().begin(TransactionOptions.USER);
    reader.get(pending, "1.48.0");
    ReadSet reads = reader.readSet();
    Transaction writer = database().begin(TransactionOptions.SYSTEM);
    Job job = Objects.requireNonNull(ScheduleTables.JOBS.get(writer, pending)).record();
    ScheduleTables.JOBS.replace(
        writer,
        pending,
        new Job(
            job.path(),
            job.args(),
            job.state(),
            job.nextTs(),
            job.completedTs(),
            job.originalTs(),
            ObjectValue.of(Map.of("system_errors", Value.of(1L)))));
    long changed = database().commit(writer, WriteSource.system("test"));
    assertThat(database().refresh(reads, reader.beginTimestamp(), changed)).isFalse();
  }

  @Test
  void nothingElseIsReachableAndNothingCanBeWritten() {
    assertThat(app.queried("system:hidden", "{}")).isEqualTo("[]");
    String only = "System tables can only be accessed with db.system.";
    assertThat(misuse("get")).contains(only);
    assertThat(misuse("patch")).contains(only);
    assertThat(misuse("replace")).contains(only);
    assertThat(misuse("delete")).contains(only);
    assertThat(misuse("systemGet")).contains("User tables cannot be accessed with db.system.");
    Transaction transaction = database().begin(TransactionOptions.USER);
    assertThatThrownBy(() -> transaction.insert("_storage", ObjectValue.EMPTY))
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("ReadOnlyTable"))
        .hasMessage("_storage is a read-only table");
    assertThatThrownBy(() -> transaction.insert("_modules", ObjectValue.EMPTY)).hasMessage(only);
  }

  private static String misuse(String how) {
    return error(
        app.mutation("system:misuse", "{\"how\":\"" + how + "\",\"id\":\"" + small.encode() + "\"}")
            .outcome());
  }
}
