package dev.freshet.app;

import dev.freshet.database.CursorPosition;
import dev.freshet.database.Database;
import dev.freshet.database.Document;
import dev.freshet.database.Namespace;
import dev.freshet.database.Order;
import dev.freshet.database.Page;
import dev.freshet.database.PageRequest;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.SchemaDefinition;
import dev.freshet.database.SchemaProgress;
import dev.freshet.database.SchemaState;
import dev.freshet.database.SchemaStore;
import dev.freshet.database.Subscription;
import dev.freshet.database.TableDefinition;
import dev.freshet.database.TableInfo;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.TableNames;
import dev.freshet.values.ValidationFailure;
import dev.freshet.values.Validator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Waits until a pushed schema can be activated (spec 20 §11). Thread-safe. */
final class SchemaWait {
  private static final long PAGE_SIZE = 1000;

  private final Database database;
  private final Clock clock;

  SchemaWait(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Answers as soon as there is an outcome, or what is still to be done after the time is up. */
  ObjectNode await(DocumentId schema, long timeoutMillis) {
    long deadline = clock.monotonicNanos() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    while (true) {
      Transaction transaction = database.begin(TransactionOptions.SYSTEM);
      SchemaStore schemas = SchemaStore.in(transaction, Namespace.ROOT);
      SchemaState state = schemas.state(schema);
      if (state == null) {
        return raceDetected();
      }
      SchemaProgress progress = schemas.progress(schema);
      ObjectNode outcome = outcome(progress);
      if (outcome != null) {
        return outcome;
      }
      if (!awaitChange(transaction, deadline)) {
        return inProgress(progress);
      }
    }
  }

  /** Whether something of what the transaction read changed before the deadline. */
  private boolean awaitChange(Transaction transaction, long deadline) {
    CountDownLatch changed = new CountDownLatch(1);
    try (Subscription _ =
        database.subscribe(
            transaction.readSet(), transaction.beginTimestamp(), _ -> changed.countDown())) {
      long remaining = deadline - clock.monotonicNanos();
      return remaining > 0 && changed.await(remaining, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FreshetException.internal("Interrupted while waiting for a schema", e);
    }
  }

  private static @Nullable ObjectNode outcome(SchemaProgress progress) {
    return switch (progress.state()) {
      case SchemaState.Failed failed -> failed(failed.error(), failed.table());
      case SchemaState.Overwritten _ -> raceDetected();
      case SchemaState.Pending _, SchemaState.Validated _, SchemaState.Active _ ->
          progress.isComplete() ? complete() : null;
    };
  }

  /** Checks all documents against a schema that is nowhere submitted. */
  ObjectNode checkDocuments(SchemaDefinition schema) {
    if (schema.schemaValidation()) {
      Transaction snapshot = database.begin(TransactionOptions.SYSTEM);
      for (TableDefinition table : schema.tables()) {
        ObjectNode failure = checkTable(snapshot.beginTimestamp(), table);
        if (failure != null) {
          return failure;
        }
      }
    }
    return complete();
  }

  private @Nullable ObjectNode checkTable(long timestamp, TableDefinition table) {
    if (table.documentType() == null) {
      return null;
    }
    Validator validator = table.documentType();
    QuerySpec scan = QuerySpec.fullScan(table.name(), Order.ASC);
    CursorPosition cursor = null;
    while (true) {
      // One transaction for each page: a table may be larger than a transaction may read.
      Transaction transaction = database.beginAt(timestamp, TransactionOptions.SYSTEM);
      TableNames names =
          number -> {
            TableInfo info = transaction.catalog().tableByNumber(Namespace.ROOT, number);
            return info == null ? null : info.name();
          };
      Page page = transaction.paginate(scan, new PageRequest(cursor, null, PAGE_SIZE, null, null));
      for (Document document : page.documents()) {
        ValidationFailure failure =
            validator.check(DocumentChecks.withoutSystemFields(document.value()), names);
        if (failure != null) {
          return failed(
              "Document with ID \""
                  + document.id()
                  + "\" in table \""
                  + table.name()
                  + "\" does not match the schema: "
                  + failure.text(),
              table.name());
        }
      }
      if (page.isDone()) {
        return null;
      }
      cursor = page.continueCursor();
    }
  }

  static ObjectNode complete() {
    return Json.object().put("type", "complete");
  }

  private static ObjectNode raceDetected() {
    return Json.object().put("type", "raceDetected");
  }

  private static ObjectNode failed(String error, @Nullable String table) {
    return Json.object()
        .put("type", "failed")
        .put("error", error)
        .put("componentPath", PushJson.ROOT)
        .put("tableName", table);
  }

  private static ObjectNode inProgress(SchemaProgress progress) {
    ObjectNode json = Json.object().put("type", "inProgress");
    json.putObject("components")
        .putObject(PushJson.ROOT)
        .put("schemaValidationComplete", progress.schemaValidationComplete())
        .put("indexesComplete", progress.indexesComplete())
        .put("indexesTotal", progress.indexesTotal());
    return json;
  }
}
