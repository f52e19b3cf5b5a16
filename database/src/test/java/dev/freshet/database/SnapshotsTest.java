package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.collect;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static dev.freshet.database.Databases.write;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of the past, as far as retention keeps them: documents, tables, indexes, schemas. */
class SnapshotsTest {
  private static final Duration DELAY = Duration.ofHours(1);
  private static final String INDEXED =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":true}";
  private static final String PLAIN =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[],\"documentType\":null}],"
          + "\"schemaValidation\":true}";
  private static final SystemTable<ObjectValue> SETTINGS = SystemTable.untyped("_settings", 600);

  @TempDir private Path directory;
  private final SimulatedClock clock = new SimulatedClock();
  private Database database;

  @BeforeEach
  void open() {
    open(SETTINGS);
  }

  private void open(SystemTable<?>... tables) {
    database =
        Database.open(
            SqlitePersistence.open(directory.resolve("db.sqlite3")),
            clock,
            new Random(),
            Limits.of(Map.of(Limit.INDEX_RETENTION_DELAY, DELAY.toSeconds())),
            List.of(tables));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void reopen(SystemTable<?>... tables) {
    close();
    open(tables);
  }

  /** Lets so much time pass that only the disk knows what was before. */
  private void forget() {
    clock.advance(Duration.ofMinutes(10));
    insert(database, "other", object());
    insert(database, "other", object());
    for (int i = 0; i <= CatalogHistory.IN_MEMORY; i++) {
      insert(database, "other" + i, object());
    }
  }

  private Transaction at(long timestamp) {
    return database.beginAt(timestamp, TransactionOptions.USER);
  }

  private static List<Document> byN(Transaction transaction) {
    return collect(transaction.query(QuerySpec.indexRange("notes", "by_n", Order.ASC, List.of())));
  }

  private static void assertFails(ThrowingCallable work, ErrorClass errorClass, String code) {
    assertThatThrownBy(work)
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.errorClass()).isEqualTo(errorClass);
              assertThat(e.code()).isEqualTo(code);
            });
  }

  private void dropNotes() {
    write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          TableInfo notes = requireNonNull(transaction.table("notes"));
          new CatalogWriter(transaction).dropTable(notes);
          return true;
        });
  }

  /** Each state of a table in turn: missing, plain, indexed, plain again, dropped, made anew. */
  @Test
  void everySnapshotHasTheTablesAndIndexesOfItsTime() {
    insert(database, "other", object());
    long missing = database.latestTimestamp();
    push(database, PLAIN);
    insert(database, "notes", object("n", 1));
    long plain = database.latestTimestamp();
    push(database, INDEXED);
    insert(database, "notes", object("n", 0));
    long indexed = database.latestTimestamp();
    push(database, PLAIN);
    long plainAgain = database.latestTimestamp();
    database.run(
        "no schema", transaction -> SchemaStore.in(transaction, Namespace.ROOT).apply(null));
    dropNotes();
    long dropped = database.latestTimestamp();
    insert(database, "notes", object("n", 7));
    long anew = database.latestTimestamp();

    for (Runnable change : List.<Runnable>of(() -> {}, this::forget, () -> reopen(SETTINGS))) {
      change.run();
      assertThat(at(missing).table("notes")).isNull();
      assertThat(at(missing).count("notes")).isZero();
      assertFails(() -> byN(at(missing)), ErrorClass.BAD_REQUEST, "IndexNotFoundError");

      assertThat(all(at(plain), "notes")).hasSize(1);
      assertThat(at(plain).count("notes")).isEqualTo(1);
      assertFails(() -> byN(at(plain)), ErrorClass.BAD_REQUEST, "IndexNotFoundError");

      assertThat(byN(at(indexed)))
          .extracting(note -> note.value().get("n"))
          .containsExactly(Value.of(0.0), Value.of(1.0));
      assertThat(at(indexed).count("notes")).isEqualTo(2);

      assertFails(() -> byN(at(plainAgain)), ErrorClass.BAD_REQUEST, "IndexNotFoundError");
      assertThat(all(at(plainAgain), "notes")).hasSize(2);

      assertThat(at(dropped).table("notes")).isNull();
      assertThat(all(at(dropped), "notes")).isEmpty();
      assertThat(at(dropped).count("notes")).isZero();

      assertThat(all(at(anew), "notes")).hasSize(1);
      assertThat(at(anew).count("notes")).isEqualTo(1);
    }
  }

  @Test
  void anIndexIsNotReadyBeforeItWas() {
    push(database, PLAIN);
    insert(database, "notes", object("n", 1));
    SchemaDefinition schema = SchemaDefinition.evaluate(INDEXED);
    DocumentId id = Databases.submit(database, schema);
    long submitted = database.latestTimestamp();
    Databases.awaitComplete(database, id);
    long built = database.latestTimestamp();
    push(database, INDEXED);
    reopen(SETTINGS);
    assertFails(() -> byN(at(submitted)), ErrorClass.BAD_REQUEST, "IndexBackfillingError");
    assertFails(() -> byN(at(built)), ErrorClass.BAD_REQUEST, "IndexBackfillingError");
    assertThat(byN(at(database.latestTimestamp()))).hasSize(1);
  }

  @Test
  void whatIsTooOldOrYetToComeIsRefused() {
    insert(database, "notes", object("n", 1));
    long old = database.latestTimestamp();
    clock.advance(Duration.ofSeconds(1));
    insert(database, "notes", object("n", 2));
    assertThat(all(at(old), "notes")).hasSize(1);
    clock.advance(DELAY);
    reopen(SETTINGS);
    assertFails(() -> at(old), ErrorClass.OUT_OF_RETENTION, "InternalServerError");
    assertFails(() -> at(1), ErrorClass.OUT_OF_RETENTION, "InternalServerError");
    assertFails(() -> at(0), ErrorClass.OUT_OF_RETENTION, "InternalServerError");
    long next = database.latestTimestamp() + 1;
    assertFails(() -> at(next), ErrorClass.BAD_REQUEST, "InvalidTimestamp");
    assertThat(all(at(next - 1), "notes")).hasSize(2);
  }

  @Test
  void timestampsRiseOverARestartThoughTheClockWasSetBack() {
    insert(database, "notes", object());
    long before = database.latestTimestamp();
    clock.setUnixMillis(clock.unixMillis() - Duration.ofDays(1).toMillis());
    reopen(SETTINGS);
    insert(database, "notes", object());
    assertThat(database.latestTimestamp()).isGreaterThan(before);
    assertThat(all(at(before), "notes")).hasSize(1);
  }

  @Test
  void beforeTheDatabaseThereWasNothing() {
    long before = clock.unixNanos() - Duration.ofMinutes(1).toNanos();
    assertFails(() -> at(before), ErrorClass.OUT_OF_RETENTION, "InternalServerError");
    reopen(SETTINGS);
    assertFails(() -> at(before), ErrorClass.OUT_OF_RETENTION, "InternalServerError");
  }

  /** Everything relies on the system tables: an older snapshot would lack the new one. */
  @Test
  void snapshotsFromBeforeAnUpgradeAreRefused() {
    insert(database, "notes", object());
    long before = database.latestTimestamp();
    reopen(SETTINGS);
    assertThat(all(at(before), "notes")).hasSize(1);
    reopen(SETTINGS, SystemTable.untyped("_more", 601));
    assertFails(() -> at(before), ErrorClass.OUT_OF_RETENTION, "InternalServerError");
    assertThat(all(at(database.latestTimestamp()), "notes")).hasSize(1);
  }

  @Test
  void whatWasReadLongAgoCanNotBeWrittenUpon() {
    DocumentId id = insert(database, "notes", object("n", 1));
    long old = database.latestTimestamp();
    insert(database, "other", object());
    clock.advance(Duration.ofMinutes(10));
    insert(database, "other", object());
    Transaction late = at(old);
    late.replace(id, object("n", 2));
    assertFails(() -> commit(database, late), ErrorClass.OUT_OF_RETENTION, "InternalServerError");
    Transaction reader = at(old);
    assertThat(all(reader, "notes")).hasSize(1);
    assertThat(commit(database, reader)).isEqualTo(old);
  }

  /** Rows of system tables are kept while nobody writes; not those of before the opening. */
  @Test
  void systemRowsAreThoseOfTheSnapshot() {
    DocumentId id =
        write(
            database,
            TransactionOptions.SYSTEM,
            transaction -> SETTINGS.insert(transaction, object("v", "old")));
    long old = database.latestTimestamp();
    clock.advance(Duration.ofSeconds(5));
    write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          SETTINGS.replace(transaction, id, object("v", "new"));
          return true;
        });
    reopen(SETTINGS);
    clock.advance(Duration.ofSeconds(5));
    for (int i = 0; i < 3; i++) {
      assertThat(setting(old)).isEqualTo("old");
      assertThat(setting(database.latestTimestamp())).isEqualTo("new");
    }
  }

  private String setting(long timestamp) {
    Transaction transaction = database.beginAt(timestamp, TransactionOptions.SYSTEM);
    return CatalogRows.string(SETTINGS.all(transaction).getFirst().record(), "v");
  }

  /** The sums that counts are made of are forgotten from time to time. */
  @Test
  void countsOfThePastOutliveManyCommits() {
    insert(database, "notes", object());
    insert(database, "notes", object());
    long two = database.latestTimestamp();
    for (int i = 0; i < 2100; i++) {
      insert(database, "notes", object());
    }
    assertThat(at(two).count("notes")).isEqualTo(2);
    assertThat(at(database.latestTimestamp()).count("notes")).isEqualTo(2102);
  }
}
