package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.Finding;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.UnsureWriteException;
import dev.freshet.storage.sqlite.SqliteInspection;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.testkit.History.Outcome;
import dev.freshet.testkit.HistoryChecker;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random transactions, half of them on top of commits that aren't durable yet, over a store whose
 * writes and reads fail, while indexes are built and the past is forgotten: nobody sees what failed
 * or may fail, and what was acknowledged stays. After a commit of unknown outcome the database is
 * opened again, which shows all of the commit or nothing.
 */
class FailuresTest {
  private static final int CLIENTS = 6;
  private static final int WATCHERS = 2;
  private static final String MORE_INDEXES =
      ListSteps.SCHEMA.replace(
          "\"fields\":[\"key\",\"position\"]}",
          "\"fields\":[\"key\",\"position\"]},"
              + "{\"indexDescriptor\":\"by_value\",\"fields\":[\"value\"]}");

  /** Lets a second of retention pass in some 30 ms. */
  private static final Clock FAST =
      new Clock() {
        @Override
        public long unixNanos() {
          return Clock.system().unixNanos();
        }

        @Override
        public long monotonicNanos() {
          return Clock.system().monotonicNanos() * 30;
        }
      };

  @TempDir Path directory;
  private final ListHistory lists = new ListHistory();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void failuresLeaveOneSerialOrder(long seed) throws Exception {
    check(seed, 4, 60);
  }

  @Test
  @Tag("long")
  void manyFailuresLeaveOneSerialOrderToo() throws Exception {
    check(new Random().nextLong(), 40, 300);
  }

  private void check(long seed, int lives, int transactions) throws Exception {
    Random random = new Random(seed);
    try {
      open(SqlitePersistence.open(file()), database -> Databases.push(database, ListSteps.SCHEMA));
      for (int life = 0; life < lives; life++) {
        live(random, transactions);
      }
      open(
          SqlitePersistence.open(file()),
          database -> {
            lists.readEverything("the end", () -> begin(database));
            Databases.push(database, MORE_INDEXES);
          });
      assertThat(HistoryChecker.check(lists.history())).isEmpty();
      assertThat(findings()).isEmpty();
      assertThat(lists.count(Outcome.COMMITTED)).isGreaterThan((long) lives * transactions);
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private Path file() {
    return directory.resolve("db.sqlite3");
  }

  private interface Work {
    void with(Database database) throws Exception;
  }

  private static void open(Persistence persistence, Work work) throws Exception {
    Limits limits = Limits.of(Map.of(Limit.INDEX_RETENTION_DELAY, 1L));
    try (Database database = Database.open(persistence, FAST, new Random(), limits, List.of())) {
      work.with(database);
    }
  }

  /** From one start to the next, which is due when the outcome of a commit is unknown. */
  private void live(Random random, int transactions) throws Exception {
    try (Persistence store = SqlitePersistence.open(file())) {
      Faults faults = new Faults(store, new Random(random.nextLong()), 8, 250);
      open(
          faults.persistence(),
          database -> {
            String schema = random.nextBoolean() ? ListSteps.SCHEMA : MORE_INDEXES;
            Databases.submit(database, SchemaDefinition.evaluate(schema));
            new Life(database, faults.persistence()).run(faults, random, transactions);
            faults.arm(false);
          });
    }
  }

  private List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    try (StoreInspection store = SqliteInspection.open(file())) {
      new DatabaseCheck(store, List.of()).run(findings::add, StoreInspection.Progress.NONE);
    }
    return findings;
  }

  /** Clients and watchers of a database whose store fails. */
  private final class Life {
    private final Database database;
    private final SteeredPersistence persistence;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ReadSet interest;

    Life(Database database, SteeredPersistence persistence) {
      this.database = database;
      this.persistence = persistence;
      Transaction reader = begin(database);
      Databases.all(reader, "lists");
      Databases.all(reader, "items");
      interest = reader.readSet();
    }

    void run(Faults faults, Random random, int transactions) throws Exception {
      try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS + WATCHERS)) {
        List<Callable<Void>> clients = new ArrayList<>();
        List<Future<?>> watchers = new ArrayList<>();
        faults.arm(true);
        for (int i = 0; i < WATCHERS; i++) {
          watchers.add(threads.submit(watcher("watcher " + i, new Random(random.nextLong()))));
        }
        for (int i = 0; i < CLIENTS; i++) {
          clients.add(client("client " + i, new Random(random.nextLong()), transactions));
        }
        try {
          for (Future<?> client : threads.invokeAll(clients)) {
            client.get();
          }
        } finally {
          over.set(true);
        }
        for (Future<?> watcher : watchers) {
          watcher.get();
        }
      }
    }

    private Callable<Void> client(String name, Random random, int transactions) {
      return () -> {
        for (int i = 0; i < transactions && !over.get(); i++) {
          lists.run(
              name,
              () ->
                  random.nextBoolean()
                      ? begin(database)
                      : database.beginAhead(TransactionOptions.USER, interest),
              random,
              transaction -> commit(database, transaction),
              failure -> judge(failure, random));
        }
        return null;
      };
    }

    private Outcome judge(RuntimeException failure, Random random) {
      switch (failure) {
        case UnsureWriteException _ -> {
          over.set(true);
          return Outcome.UNKNOWN;
        }
        case ConflictException conflict -> {
          if (random.nextBoolean()) {
            database.awaitTimestamp(conflict.timestamp());
          }
        }
        case Faults.InjectedFailure _ -> {}
        case FreshetException known ->
            assertThat(known.errorClass())
                .isIn(ErrorClass.OUT_OF_RETENTION, ErrorClass.INTERNAL, ErrorClass.OVERLOADED);
        default -> throw failure;
      }
      return Outcome.FAILED;
    }

    private Callable<Void> watcher(String name, Random random) {
      return () -> {
        Watch watch = new Watch(database, persistence, lists);
        while (!over.get()) {
          watch.watch(name, random);
        }
        return null;
      };
    }
  }
}
