package dev.freshet.database;

import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static dev.freshet.database.Databases.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.StoreSizes;
import dev.freshet.storage.sqlite.SqliteInspection;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Retention and purge take small steps, and nothing is held between them: as the store lets writers
 * in in the order in which they came, a commit waits for one step at most.
 */
class BackgroundStepsTest {
  private static final String INDEXED =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":false}";
  private static final int NOTES = 3 * Steps.ROWS + 7;

  @TempDir private Path directory;
  private final SimulatedClock clock = new SimulatedClock();
  private final List<Long> removed = new CopyOnWriteArrayList<>();
  private final ReentrantLock measuring = new ReentrantLock();
  private Path file;
  private SqlitePersistence store;
  private Database database;

  @BeforeEach
  void open() {
    file = directory.resolve("db.sqlite3");
    store = SqlitePersistence.open(file);
    SteeredPersistence persistence = new SteeredPersistence(store);
    database = Database.open(persistence, clock, new Random(), Limits.defaults(), List.of());
    push(database, INDEXED);
    persistence.steps = this::step;
  }

  @AfterEach
  void close() {
    database.close();
    store.close();
  }

  private boolean step(IntPredicate step, int rows) {
    assertThat(rows).isEqualTo(Steps.ROWS);
    boolean more;
    measuring.lock();
    try {
      long before = rows();
      more = step.test(rows);
      removed.add(before - rows());
    } finally {
      measuring.unlock();
    }
    if (more) {
      insert(database, "other", object()); // would never return if anything were held
    }
    return more;
  }

  /** All rows of the store. */
  private long rows() {
    try (StoreInspection store = SqliteInspection.open(file)) {
      StoreSizes sizes = store.sizes(StoreInspection.Progress.NONE);
      long documents =
          sizes.tables().values().stream()
              .mapToLong(t -> t.documents() + t.tombstones() + t.revisions())
              .sum();
      return documents
          + sizes.indexes().values().stream().mapToLong(i -> i.entries() + i.oldEntries()).sum();
    }
  }

  private List<DocumentId> fill() {
    return write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          List<DocumentId> ids = new CopyOnWriteArrayList<>();
          for (int i = 0; i < NOTES; i++) {
            ids.add(transaction.insert("notes", object("n", i)).id());
          }
          return ids;
        });
  }

  /** Lets time pass until so many rows are gone. */
  private void awaitRemoved(long rows) {
    awaitPassing(() -> removed.stream().mapToLong(Long::longValue).sum() >= rows);
    assertThat(removed).allSatisfy(step -> assertThat(step).isLessThanOrEqualTo(Steps.ROWS));
    assertThat(removed.stream().filter(step -> step > 0)).hasSizeGreaterThan(3);
  }

  private void awaitPassing(Callable<Boolean> condition) {
    await()
        .until(
            () -> {
              clock.advance(Duration.ofMinutes(1));
              database.signalWorkers();
              return condition.call();
            });
  }

  @Test
  void historyGoesInSmallSteps() {
    List<DocumentId> notes = fill();
    write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          notes.forEach(id -> transaction.replace(id, object("n", -1)));
          return true;
        });
    clock.advance(Duration.ofMinutes(1));
    insert(database, "other", object()); // the newest commit always stays
    awaitRemoved(2L * NOTES); // the log of both commits and the entries of the first
  }

  @Test
  void deletionsAreForgottenInSmallSteps() {
    List<DocumentId> notes = fill();
    write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          notes.forEach(transaction::delete);
          return true;
        });
    clock.advance(Duration.ofMinutes(1));
    insert(database, "other", object());
    awaitRemoved(5L * NOTES); // the same, the entries of another index, and what is left of each
  }

  @Test
  void whatGoesMakesRoomForWhatComes() {
    List<DocumentId> notes = fill();
    long largest = 0;
    for (int round = 0; round < 10; round++) {
      double n = round;
      write(
          database,
          TransactionOptions.SYSTEM,
          transaction -> {
            notes.forEach(id -> transaction.replace(id, object("n", n)));
            return true;
          });
      clock.advance(Duration.ofMinutes(1));
      insert(database, "other", object());
      awaitPassing(() -> rows() < 4L * NOTES); // documents and two indexes, hardly any history
      if (round < 2) {
        largest = Math.max(largest, fileBytes());
      }
    }
    assertThat(fileBytes()).isLessThan(largest * 3 / 2); // it would be thrice that
  }

  private long fileBytes() {
    try (StoreInspection store = SqliteInspection.open(file)) {
      StoreSizes sizes = store.sizes(StoreInspection.Progress.NONE);
      assertThat(sizes.freeBytes()).isPositive();
      return sizes.fileBytes();
    }
  }

  @Test
  void aDroppedTableAndItsIndexesGoInSmallSteps() {
    fill();
    database.run(
        "drop",
        transaction -> {
          SchemaStore schemas = SchemaStore.in(transaction, Namespace.ROOT);
          schemas.apply(null);
          assertThat(schemas.dropTable("notes")).isTrue();
        });
    clock.advance(Duration.ofMinutes(1));
    insert(database, "other", object());
    awaitRemoved(3L * NOTES); // documents and the entries of two indexes
  }
}
