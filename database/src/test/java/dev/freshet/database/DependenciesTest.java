package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.collect;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.Value;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a transaction depends on (spec 40 §6.4, §7.1): it is invalid, for the committer, for
 * subscriptions and for the query cache, exactly if a commit changed something of it.
 */
class DependenciesTest {
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":true}";

  private final Database database = Databases.inMemory();
  private DocumentId one = new DocumentId(1, new InternalId(1, 1));
  private DocumentId three = one;

  @BeforeEach
  void fill() {
    push(database, SCHEMA);
    insert(database, "mine", object());
    one = insert(database, "notes", object("n", 1));
    insert(database, "notes", object("n", 2));
    three = insert(database, "notes", object("n", 3));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void assertDepends(boolean expected, Consumer<Transaction> reads, Runnable change) {
    Transaction reader = begin(database);
    reads.accept(reader);
    ReadSet readSet = reader.readSet();
    reader.insert("mine", object());
    change.run();
    long now = database.latestTimestamp();
    assertThat(database.refresh(readSet, reader.beginTimestamp(), now)).isNotEqualTo(expected);
    if (expected) {
      assertThatThrownBy(() -> commit(database, reader)).isInstanceOf(ConflictException.class);
    } else {
      commit(database, reader);
    }
  }

  private void set(DocumentId id, Object n) {
    Transaction transaction = begin(database);
    transaction.patch(id, Patch.of(object("n", n)));
    commit(database, transaction);
  }

  private static QueryStream byN(Transaction transaction, Order order, RangeBound... range) {
    return transaction.query(QuerySpec.indexRange("notes", "by_n", order, List.of(range)));
  }

  private static RangeBound atLeast(double n) {
    return new RangeBound(RangeBound.Comparison.GTE, "n", Value.of(n));
  }

  @Test
  void onADocumentThatWasRead() {
    assertDepends(true, reader -> reader.get(one), () -> set(one, 9));
    assertDepends(false, reader -> reader.get(one), () -> set(three, 9));
  }

  @Test
  void onADocumentThatWasNotThere() {
    DocumentId missing = new DocumentId(one.tableNumber(), new InternalId(7, 7));
    Transaction reader = begin(database);
    assertThat(reader.get(missing)).isNull();
    TableLayout notes = reader.layout("notes");
    assertThat(
            reader
                .readSet()
                .contains(requireNonNull(notes).byId().storage(), missing.internalId().toBytes()))
        .isTrue();
  }

  @Test
  void onWhatAnIdenticalPatchHasRead() {
    assertDepends(true, reader -> reader.patch(one, Patch.of(object("n", 1))), () -> set(one, 9));
    Transaction nothing = begin(database);
    long before = database.latestTimestamp();
    nothing.replace(one, object("n", 9));
    assertThat(commit(database, nothing)).isEqualTo(before);
  }

  @Test
  void onThePartOfARangeThatWasConsumed() {
    Consumer<Transaction> first = reader -> byN(reader, Order.ASC).next();
    assertDepends(false, first, () -> set(three, 2.5));
    assertDepends(false, first, () -> insert(database, "notes", object("n", 1)));
    assertDepends(true, first, () -> insert(database, "notes", object("n", 0)));
    Consumer<Transaction> last = reader -> byN(reader, Order.DESC).next();
    assertDepends(false, last, () -> insert(database, "notes", object("n", -1)));
    assertDepends(true, last, () -> insert(database, "notes", object("n", 99)));
  }

  @Test
  void onAWholeRangeOnceItsEndIsReached() {
    Consumer<Transaction> high = reader -> collect(byN(reader, Order.ASC, atLeast(2)));
    assertDepends(true, high, () -> insert(database, "notes", object("n", 1000)));
    assertDepends(false, high, () -> insert(database, "notes", object("n", 1.5)));
    assertDepends(false, high, () -> insert(database, "notes", object()));
  }

  @Test
  void onTheOldPlaceOfADocumentAndOnTheNewOne() {
    Consumer<Transaction> high = reader -> collect(byN(reader, Order.ASC, atLeast(3)));
    assertDepends(true, high, () -> set(three, 0));
    assertDepends(true, high, () -> set(three, 5));
    assertDepends(false, high, () -> set(one, 2));
  }

  @Test
  void onRowsThatAFilterLeftOut() {
    QuerySpec none =
        QuerySpec.parse(
            "{\"source\":{\"type\":\"FullTableScan\",\"tableName\":\"notes\",\"order\":\"asc\"},"
                + "\"operators\":[{\"filter\":{\"$eq\":[{\"$field\":\"n\"},{\"$literal\":77}]}}]}");
    assertDepends(
        true, reader -> assertThat(collect(reader.query(none))).isEmpty(), () -> set(one, 4));
  }

  @Test
  void onTheWholeTableThatWasCounted() {
    assertDepends(true, reader -> reader.count("notes"), () -> insert(database, "notes", object()));
    assertDepends(
        false, reader -> reader.count("notes"), () -> insert(database, "other", object()));
  }

  @Test
  void onTheNamesThatWereLookedUpAndNoOthers() {
    assertDepends(true, reader -> all(reader, "later"), () -> insert(database, "later", object()));
    assertDepends(
        false, reader -> all(reader, "notes"), () -> insert(database, "another", object()));
  }

  /** A nested part that failed has been read by, but has written and counted nothing. */
  @Test
  void onWhatAPartThatWasRolledBackHasRead() {
    Consumer<Transaction> rolledBack =
        reader -> {
          try (Subtransaction part = reader.begin(Scope.USER, TransactionBudget.NONE)) {
            reader.delete(one);
            reader.insert("notes", object());
            reader.insert("notes", object());
            assertThat(reader.count("other")).isZero();
            part.rollback();
          }
          assertThat(reader.usage().documentsWritten().used()).isEqualTo(3);
        };
    assertDepends(true, rolledBack, () -> set(one, 9));
    Transaction counting = begin(database);
    rolledBack.accept(counting);
    assertThat(counting.count("notes")).isEqualTo(3);
  }

  @Test
  void notOnWhatIsReadInTheStaleSnapshot() {
    assertDepends(false, reader -> all(reader.withoutWrites(), "notes"), () -> set(one, 9));
  }

  /** A writer keeps up the indexes of the table and obeys the schemas: it depends on both. */
  @Test
  void aWriterOnTheIndexesOfItsTablesAndOnTheSchemas() {
    insert(database, "other", object());
    Consumer<Transaction> write =
        writer -> writer.patch(one, Patch.of(object("m", writer.beginTimestamp())));
    assertDepends(true, write, () -> index("notes"));
    assertDepends(false, write, () -> index("other"));
    assertDepends(
        true,
        write,
        () ->
            Databases.submit(
                database, SchemaDefinition.evaluate(SCHEMA.replace("by_n", "by_other"))));
  }

  private void index(String table) {
    database.run(
        "index",
        transaction -> {
          TableLayout layout = requireNonNull(transaction.storedLayout(Namespace.ROOT, table));
          new CatalogWriter(transaction)
              .createIndex(
                  layout.table().tablet(),
                  "by_m",
                  List.of("m", "_creationTime"),
                  IndexState.BACKFILLED,
                  true);
        });
  }
}
