package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.present;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Float64Value;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransactionTest {
  private final Database database = Databases.inMemory();

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void writesAreSeenInsideAtOnceAndOutsideAfterTheCommit() {
    Transaction writer = begin(database);
    Document written = writer.insert("notes", object("text", "hello"));
    assertThat(writer.get(written.id())).isEqualTo(written);
    assertThat(all(writer, "notes")).containsExactly(written);
    assertThat(begin(database).get(written.id())).isNull();
    assertThat(all(begin(database), "notes")).isEmpty();

    long timestamp = commit(database, writer);

    assertThat(database.latestTimestamp()).isEqualTo(timestamp);
    Transaction reader = begin(database);
    Document read = present(reader.get(written.id()));
    assertThat(read.json()).isEqualTo(written.json());
    assertThat(read.timestamp()).isEqualTo(timestamp);
    assertThat(read.value().get("text")).isEqualTo(Value.of("hello"));
    assertThat(read.value().get("_id")).isEqualTo(written.id().toValue());
    assertThat(written.id().tableNumber()).isEqualTo(10_001);
  }

  @Test
  void patchReplaceAndDeleteChangeWhatIsThere() {
    DocumentId id = insert(database, "notes", object("a", 1, "b", 2));

    Transaction patch = begin(database);
    var fields = new HashMap<String, @Nullable Value>();
    fields.put("a", null);
    fields.put("c", Value.of("new"));
    Document patched = patch.patch(id, new Patch(fields));
    commit(database, patch);
    assertThat(patched.value().fields()).containsOnlyKeys("_id", "_creationTime", "b", "c");

    Transaction replace = begin(database);
    Document replaced = replace.replace(id, object("z", true));
    commit(database, replace);
    assertThat(replaced.value().fields()).containsOnlyKeys("_id", "_creationTime", "z");
    assertThat(replaced.value().get("_creationTime"))
        .isEqualTo(patched.value().get("_creationTime"));

    Transaction delete = begin(database);
    assertThat(delete.delete(id).value()).isEqualTo(replaced.value());
    commit(database, delete);
    assertThat(begin(database).get(id)).isNull();
    assertThatThrownBy(() -> begin(database).replace(id, object()))
        .isInstanceOf(FreshetException.class)
        .hasMessage("Replace on nonexistent document ID " + id.encode());
  }

  @Test
  void creationTimesRiseByOneUlp() {
    Transaction transaction = begin(database);
    double first = creationTime(transaction.insert("notes", object()));
    double second = creationTime(transaction.insert("notes", object()));
    assertThat(second).isEqualTo(Math.nextUp(first));
  }

  private static double creationTime(Document document) {
    return document.value().get("_creationTime") instanceof Float64Value(double time) ? time : 0;
  }

  @Test
  void anIdenticalPatchWritesNothing() {
    DocumentId id = insert(database, "notes", object("a", 1));
    long before = database.latestTimestamp();
    Transaction transaction = begin(database);
    transaction.patch(id, Patch.of(object("a", 1)));
    assertThat(transaction.isReadOnly()).isTrue();
    assertThat(commit(database, transaction)).isEqualTo(before);
    assertThat(database.latestTimestamp()).isEqualTo(before);
    assertThat(transaction.usage().documentsRead().used()).isEqualTo(1);
  }

  @Test
  void aLostUpdateIsAConflict() {
    DocumentId id = insert(database, "notes", object("n", 1));
    Transaction first = begin(database);
    Transaction second = begin(database);
    first.patch(id, Patch.of(object("n", 2)));
    second.patch(id, Patch.of(object("n", 3)));
    long timestamp = commit(database, first);
    assertThatThrownBy(() -> commit(database, second))
        .isInstanceOfSatisfying(
            ConflictException.class,
            conflict -> {
              assertThat(conflict.table()).isEqualTo("notes");
              assertThat(conflict.document()).isEqualTo(id);
              assertThat(conflict.timestamp()).isEqualTo(timestamp);
              assertThat(conflict.source()).isEqualTo(Databases.TEST);
              assertThat(conflict)
                  .hasMessageContaining(
                      "Another call to this mutation changed the document with ID");
            });
  }

  @Test
  void aPhantomIsAConflict() {
    insert(database, "notes", object("n", 1));
    Transaction reader = begin(database);
    int count = all(reader, "notes").size();
    reader.insert("totals", object("count", count));
    insert(database, "notes", object("n", 2));
    assertThatThrownBy(() -> commit(database, reader)).isInstanceOf(ConflictException.class);
  }

  @Test
  void readingTheFirstRowDoesNotDependOnTheLast() {
    DocumentId first = insert(database, "notes", object("n", 1));
    DocumentId last = insert(database, "notes", object("n", 2));
    Transaction reader = begin(database);
    QueryStream stream = reader.query(QuerySpec.fullScan("notes", Order.ASC));
    assertThat(present(stream.next()).id()).isEqualTo(first);
    reader.insert("totals", object());
    Transaction other = begin(database);
    other.delete(last);
    commit(database, other);
    commit(database, reader);
  }

  @Test
  void creatingTheSameTableTwiceIsAConflict() {
    Transaction first = begin(database);
    Transaction second = begin(database);
    first.insert("notes", object());
    second.insert("notes", object());
    commit(database, first);
    assertThatThrownBy(() -> commit(database, second)).isInstanceOf(ConflictException.class);
  }

  @Test
  void tablesCreatedAtTheSameTimeDoNotShareANumber() {
    Transaction first = begin(database);
    Transaction second = begin(database);
    first.insert("a", object());
    second.insert("b", object());
    commit(database, first);
    assertThatThrownBy(() -> commit(database, second)).isInstanceOf(ConflictException.class);
  }

  @Test
  void aQueryOfAMissingTableIsInvalidatedByItsCreation() {
    Transaction reader = begin(database);
    assertThat(all(reader, "notes")).isEmpty();
    long at = reader.beginTimestamp();
    insert(database, "other", object());
    assertThat(database.refresh(reader.readSet(), at, database.latestTimestamp())).isTrue();
    insert(database, "notes", object());
    assertThat(database.refresh(reader.readSet(), at, database.latestTimestamp())).isFalse();
  }

  @Test
  void aRolledBackPartLeavesNoWritesButItsReads() {
    DocumentId id = insert(database, "notes", object("n", 1));
    Transaction transaction = begin(database);
    transaction.insert("notes", object("n", 5));
    Subtransaction nested = transaction.begin(Scope.USER, TransactionBudget.NONE);
    transaction.patch(id, Patch.of(object("n", 2)));
    transaction.insert("fresh", object());
    Subtransaction inner = transaction.begin(Scope.USER, TransactionBudget.NONE);
    transaction.patch(id, Patch.of(object("n", 3)));
    inner.commit();
    nested.rollback();

    assertThat(present(transaction.get(id)).value().get("n")).isEqualTo(Value.of(1.0));
    assertThat(all(transaction, "notes")).hasSize(2);
    assertThat(transaction.table("fresh")).isNull();
    assertThat(transaction.usage().documentsWritten().used()).isEqualTo(4);
    commit(database, transaction);
    assertThat(all(begin(database), "notes")).hasSize(2);
    assertThat(all(begin(database), "fresh")).isEmpty();
  }

  @Test
  void aNestedBudgetEndsWithItsPart() {
    insert(database, "notes", object());
    insert(database, "notes", object());
    Transaction transaction = begin(database);
    all(transaction, "notes");
    var budget = new TransactionBudget(null, null, null, 1L, null, null, null);
    Subtransaction nested = transaction.begin(Scope.USER, budget);
    assertThat(transaction.usage().documentsRead().remaining()).isEqualTo(1);
    assertThatThrownBy(() -> all(transaction, "notes"))
        .hasMessageStartingWith(
            "Too many documents read in a single function execution (limit: 3)");
    nested.rollback();
    assertThat(all(transaction, "notes")).hasSize(2);
  }

  @Test
  void systemTablesAreHiddenFromUserFunctions() {
    Transaction transaction = begin(database);
    assertThat(transaction.table("_tables")).isNull();
    assertThat(all(transaction, "_tables")).isEmpty();
    assertThatThrownBy(() -> transaction.insert("_tables", object()))
        .hasMessage("System tables can only be accessed with db.system.");
    assertThatThrownBy(() -> transaction.insert("_storage", object()))
        .hasMessage("_storage is a read-only table");
    Transaction system = database.begin(TransactionOptions.SYSTEM);
    Document row = all(system, "_tables").getFirst();
    assertThat(transaction.get(row.id())).isNull();
    assertThat(system.get(row.id())).isNotNull();
  }

  @Test
  void countsIncludeOwnWrites() {
    insert(database, "notes", object());
    DocumentId id = insert(database, "notes", object());
    Transaction transaction = begin(database);
    assertThat(transaction.count("notes")).isEqualTo(2);
    transaction.delete(id);
    transaction.insert("notes", object());
    transaction.insert("notes", object());
    assertThat(transaction.count("notes")).isEqualTo(3);
    assertThat(transaction.count("nothing")).isZero();
    commit(database, transaction);
    assertThat(begin(database).count("notes")).isEqualTo(3);
  }

  @Test
  void idsAreNormalizedForTheirTableOnly() {
    DocumentId id = insert(database, "notes", object());
    insert(database, "other", object());
    Transaction transaction = begin(database);
    assertThat(transaction.normalizeId("notes", id.encode())).isEqualTo(id);
    assertThat(transaction.normalizeId("other", id.encode())).isNull();
    assertThat(transaction.normalizeId("missing", id.encode())).isNull();
    assertThat(transaction.normalizeId("notes", "nonsense")).isNull();
    assertThat(transaction.normalizeId("_tables", id.encode())).isNull();
    assertThat(database.begin(TransactionOptions.SYSTEM).normalizeId("_tables", id.encode()))
        .isNull();
  }

  @Test
  void idsWithoutATableNumberAreTakenForTheTableAskedFor() {
    DocumentId id = insert(database, "notes", object());
    String old = id.internalId().toString();
    assertThat(old).hasSize(22);
    Transaction transaction = begin(database);
    assertThat(transaction.normalizeId("notes", old)).isEqualTo(id);
    assertThat(transaction.normalizeId("missing", old)).isNull();
    assertThat(transaction.normalizeId("_tables", old)).isNull();
    for (String other :
        List.of(
            old.substring(1),
            old + "A",
            old + "==",
            old.substring(0, 21) + ".",
            old.substring(0, 21) + "B")) { // has bits that no byte holds
      assertThat(transaction.normalizeId("notes", other)).as(other).isNull();
    }
  }

  @Test
  void invalidDocumentsAreRefused() {
    Transaction transaction = begin(database);
    assertThatThrownBy(() -> transaction.insert("notes", object("_secret", 1)))
        .hasMessageContaining("isn't a valid document: Field '_secret' starts with an underscore");
    assertThatThrownBy(() -> transaction.insert("notes", object("_id", "x")))
        .hasMessageStartingWith("Provided document ID ");
    assertThatThrownBy(() -> transaction.insert("notes", object("_creationTime", 1)))
        .hasMessageStartingWith("Provided creation time ");
    Value deep = Value.of(1.0);
    for (int i = 0; i < 16; i++) {
      deep = new Value.ArrayValue(Collections.singletonList(deep));
    }
    Value tooDeep = deep;
    assertThatThrownBy(() -> transaction.insert("notes", object("a", tooDeep)))
        .hasMessageContaining(
            "Document is too nested (nested 17 levels deep > maximum nesting 16)");
    assertThatThrownBy(() -> transaction.insert("notes", object("a", "x".repeat(1 << 20))))
        .hasMessageContaining("> maximum size 1 MiB)");
    assertThatThrownBy(() -> transaction.insert("1bad", object()))
        .isInstanceOf(FreshetException.class);
  }
}
