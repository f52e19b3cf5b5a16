package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.collect;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.present;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.database.RangeBound.Comparison;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.CommitTsValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values that speak of the commit that will write them (spec 40 §3.4). */
class CommitTimestampTest {
  private static final Value TOKEN = CommitTsValue.PENDING;

  private final Database database = Databases.inMemory();

  @BeforeEach
  void indexByTime() {
    Databases.write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          CatalogWriter writer = new CatalogWriter(transaction);
          TableLayout events = writer.createTable(Namespace.ROOT, "events");
          return writer.createIndex(
              events.table().tablet(),
              "by_at",
              List.of("at", "_creationTime"),
              IndexState.ENABLED,
              false);
        });
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static List<Document> at(Transaction transaction, Comparison comparison, Value value) {
    return collect(
        transaction.query(
            QuerySpec.indexRange(
                "events", "by_at", Order.ASC, List.of(new RangeBound(comparison, "at", value)))));
  }

  @Test
  void isTheTimeOfTheCommitInEveryWriteAndStaysATokenInside() {
    DocumentId patched = insert(database, "events", object("name", "patched"));
    DocumentId replaced = insert(database, "events", object("name", "replaced"));
    Transaction transaction = begin(database);
    Document inserted = transaction.insert("events", object("at", TOKEN));
    transaction.patch(patched, new Patch(Map.of("at", TOKEN)));
    transaction.replace(
        replaced, object("list", ArrayValue.of(TOKEN, object("at", TOKEN)), "text", "$commitTs"));

    assertThat(inserted.json()).contains("\"at\":{\"$commitTs\":null}");
    assertThat(present(transaction.get(inserted.id())).value().get("at")).isEqualTo(TOKEN);
    assertThat(at(transaction, Comparison.EQ, TOKEN)).hasSize(2);
    assertThat(at(transaction, Comparison.EQ, Value.of(Long.MAX_VALUE))).hasSize(2);

    Value timestamp = Value.of(commit(database, transaction));

    Transaction reader = begin(database);
    assertThat(present(reader.get(inserted.id())).value().get("at")).isEqualTo(timestamp);
    assertThat(present(reader.get(patched)).value().get("at")).isEqualTo(timestamp);
    assertThat(present(reader.get(replaced)).value().get("list"))
        .isEqualTo(ArrayValue.of(timestamp, object("at", timestamp)));
    assertThat(present(reader.get(replaced)).value().get("text")).isEqualTo(Value.of("$commitTs"));
    assertThat(at(reader, Comparison.EQ, timestamp)).hasSize(2);
    assertThat(at(reader, Comparison.EQ, Value.of(Long.MAX_VALUE))).isEmpty();
  }

  @Test
  void countsAsAnInt64() {
    Transaction transaction = begin(database);
    Document with = transaction.insert("events", object("at", TOKEN));
    Document same = transaction.insert("events", object("at", 7L));
    assertThat(with.size()).isEqualTo(same.size());
  }

  @Test
  void isOrderedAsTheCommitsAre() {
    List<DocumentId> written = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      written.add(insert(database, "events", object("at", TOKEN)));
    }
    assertThat(at(begin(database), Comparison.GTE, Value.of(0L)))
        .extracting(Document::id)
        .containsExactlyElementsOf(written);
  }

  @Test
  void aRangeThatACommitLandsInConflicts() {
    Transaction reader = begin(database);
    assertThat(at(reader, Comparison.GT, Value.of(reader.beginTimestamp()))).isEmpty();
    reader.insert("events", object("name", "other"));
    insert(database, "events", object("at", TOKEN));
    assertThatThrownBy(() -> commit(database, reader)).isInstanceOf(ConflictException.class);
  }

  @Test
  void aRolledBackPartLeavesNoToken() {
    Transaction transaction = begin(database);
    Document kept = transaction.insert("events", object("at", 1L));
    Subtransaction part = transaction.begin(Scope.USER, TransactionBudget.NONE);
    transaction.patch(kept.id(), new Patch(Map.of("at", TOKEN)));
    part.rollback();
    commit(database, transaction);
    assertThat(present(begin(database).get(kept.id())).value().get("at")).isEqualTo(Value.of(1L));
  }
}
