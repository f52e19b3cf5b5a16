package dev.freshet.database;

import dev.freshet.storage.Persistence;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Databases and documents for tests. */
final class Databases {
  static final WriteSource TEST = WriteSource.function("", "test:write");

  private Databases() {}

  static Database inMemory() {
    return open(new InMemoryPersistence());
  }

  static Database open(Persistence persistence) {
    return open(persistence, Limits.defaults());
  }

  static Database open(Persistence persistence, Limits limits) {
    return Database.open(persistence, Clock.system(), new Random(), limits, List.of());
  }

  static Transaction begin(Database database) {
    return database.begin(TransactionOptions.USER);
  }

  static long commit(Database database, Transaction transaction) {
    return database.commit(transaction, TEST);
  }

  /**
   * Runs work and commits it, again for as long as it loses: as callers of a database have to,
   * since its background workers commit as well.
   */
  static <T> T write(Database database, TransactionOptions options, Function<Transaction, T> work) {
    while (true) {
      Transaction transaction = database.begin(options);
      T result = work.apply(transaction);
      try {
        commit(database, transaction);
        return result;
      } catch (ConflictException e) {
        database.awaitTimestamp(e.timestamp());
      }
    }
  }

  static DocumentId insert(Database database, String table, ObjectValue value) {
    return write(
        database, TransactionOptions.USER, transaction -> transaction.insert(table, value).id());
  }

  /** The start of a push: returns the schema that is pending then. */
  static DocumentId submit(Database database, SchemaDefinition schema) {
    return write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          SchemaStore store = SchemaStore.in(transaction, Namespace.ROOT);
          store.prepareIndexes(schema);
          return store.submitPending(schema);
        });
  }

  /** An object of alternating names and values. */
  static ObjectValue object(Object... namesAndValues) {
    TreeMap<String, Value> fields = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], value(namesAndValues[i + 1]));
    }
    return ObjectValue.of(fields);
  }

  static Value value(Object value) {
    return switch (value) {
      case Value already -> already;
      case String text -> Value.of(text);
      case Integer number -> Value.of((double) number);
      case Long number -> Value.of((long) number);
      case Double number -> Value.of((double) number);
      case Boolean bool -> Value.of((boolean) bool);
      default -> throw new IllegalArgumentException(value.toString());
    };
  }

  static List<Document> collect(QueryStream stream) {
    List<Document> documents = new ArrayList<>();
    for (Document document = stream.next(); document != null; document = stream.next()) {
      documents.add(document);
    }
    return documents;
  }

  static Document present(@Nullable Document document) {
    return Objects.requireNonNull(document, "there is no document");
  }

  static List<Document> all(Transaction transaction, String table) {
    return collect(transaction.query(QuerySpec.fullScan(table, Order.ASC)));
  }

  /** Pushes a schema to the end. */
  static void push(Database database, String exportedSchema) {
    SchemaDefinition schema = SchemaDefinition.evaluate(exportedSchema);
    DocumentId id = submit(database, schema);
    awaitComplete(database, id);
    database.run(
        "finish_push",
        finish -> {
          SchemaStore last = SchemaStore.in(finish, Namespace.ROOT);
          last.apply(id);
          last.applyIndexes(schema);
        });
  }

  static SchemaProgress awaitComplete(Database database, DocumentId schema) {
    while (true) {
      Transaction transaction = database.begin(TransactionOptions.SYSTEM);
      SchemaProgress progress = SchemaStore.in(transaction, Namespace.ROOT).progress(schema);
      if (progress.isComplete()
          || progress.state() instanceof SchemaState.Failed
          || progress.state() instanceof SchemaState.Overwritten) {
        return progress;
      }
      var changed = new CountDownLatch(1);
      try (Subscription _ =
          database.subscribe(
              transaction.readSet(), transaction.beginTimestamp(), _ -> changed.countDown())) {
        if (!changed.await(20, TimeUnit.SECONDS)) {
          throw new AssertionError("the schema doesn't get on: " + progress);
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
