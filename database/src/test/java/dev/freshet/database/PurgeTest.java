package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static dev.freshet.database.Databases.write;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.TableScan;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is dropped leaves the store, but not before the snapshots that show it. */
class PurgeTest {
  private static final String INDEXED =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":false}";
  private static final String PLAIN =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[],\"documentType\":null}],"
          + "\"schemaValidation\":false}";
  private static final int NOTES = 1200;

  @TempDir private Path directory;
  private final SimulatedClock clock = new SimulatedClock();
  private SqlitePersistence store;
  private Database database;

  @BeforeEach
  void open() {
    store = SqlitePersistence.open(directory.resolve("db.sqlite3"));
    database = Database.open(store, clock, new Random(), Limits.defaults(), List.of());
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void fill() {
    push(database, INDEXED);
    write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          for (int i = 0; i < NOTES; i++) {
            transaction.insert("notes", object("n", i));
          }
          return true;
        });
  }

  private TableInfo notes() {
    return requireNonNull(database.catalog().table(Namespace.ROOT, "notes"));
  }

  private long index() {
    return database.catalog().indexes(notes()).stream()
        .filter(index -> index.descriptor().equals("by_n"))
        .mapToLong(IndexInfo::storage)
        .findFirst()
        .orElseThrow();
  }

  private int documents(TableInfo table) {
    try (PersistenceReader reader = store.newReader()) {
      return reader
          .scanTable(
              new TableScan(
                  table.storage(), null, null, false, NOTES + 1, Long.MAX_VALUE, Long.MAX_VALUE))
          .rows()
          .size();
    }
  }

  /** Lets time pass until something has happened. */
  private void awaitPassing(java.util.concurrent.Callable<Boolean> condition) {
    await()
        .until(
            () -> {
              clock.advance(Duration.ofSeconds(15));
              database.signalWorkers();
              return condition.call();
            });
  }

  @Test
  void aDroppedIndexGoesWhenNoReadableSnapshotHasIt() {
    fill();
    long index = index();
    long before = database.latestTimestamp();
    push(database, PLAIN);
    long after = database.latestTimestamp();
    Transaction old = database.beginAt(before, TransactionOptions.USER);
    QueryStream byN = old.query(QuerySpec.indexRange("notes", "by_n", Order.ASC, List.of()));
    assertThat(byN.next()).isNotNull();

    awaitPassing(() -> !store.indexesWithEntries().contains(index));
    assertThat(store.retained().minSnapshot()).isGreaterThanOrEqualTo(after);
    assertThat(documents(notes())).isEqualTo(NOTES);
  }

  @Test
  void anIndexThatWasDroppedBeforeACrashGoesToo() {
    fill();
    long index = index();
    push(database, PLAIN);
    database.close();
    open();
    assertThat(store.indexesWithEntries()).contains(index);
    awaitPassing(() -> !store.indexesWithEntries().contains(index));
  }

  @Test
  void aDroppedTableGoesWithItsIndexesAndThenItsRow() {
    fill();
    TableInfo table = notes();
    long index = index();
    write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          new CatalogWriter(transaction).dropTable(table);
          return true;
        });
    long dropped = database.latestTimestamp();
    assertThat(begin(database).query(QuerySpec.fullScan("notes", Order.ASC)).next()).isNull();
    Databases.insert(database, "notes", object("n", 7));
    TableInfo successor = notes();
    assertThat(successor.number()).isNotEqualTo(table.number());
    assertThat(documents(table)).isEqualTo(NOTES);

    awaitPassing(() -> database.catalog().tables(TableState.DELETING).isEmpty());
    awaitPassing(() -> !store.indexesWithEntries().contains(index));
    assertThat(store.retained().minSnapshot()).isGreaterThanOrEqualTo(dropped);
    assertThat(documents(table)).isZero();
    assertThat(Databases.all(begin(database), "notes")).hasSize(1);
    Databases.insert(database, "next", object());
    assertThat(requireNonNull(database.catalog().table(Namespace.ROOT, "next")).number())
        .isEqualTo(table.number()); // free again
  }

  @Test
  void aTableThatWasDroppedBeforeARestartGoesAfterIt() {
    fill();
    TableInfo table = notes();
    write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          new CatalogWriter(transaction).dropTable(table);
          return true;
        });
    database.close();
    open();
    awaitPassing(() -> database.catalog().tables(TableState.DELETING).isEmpty());
    assertThat(documents(table)).isZero();
  }
}
