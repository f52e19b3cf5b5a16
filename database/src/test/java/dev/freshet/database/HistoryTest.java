package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Concurrent transactions over lists show nothing that a serial execution wouldn't show. */
class HistoryTest {
  private static final int CLIENTS = 6;
  private static final int TRANSACTIONS = 120;

  @TempDir Path directory;
  private final ListHistory lists = new ListHistory();

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

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void historiesAreStrictlySerializable(long seed) throws Exception {
    check(seed, TRANSACTIONS, Clock.system(), Limits.defaults());
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void historiesAreStrictlySerializableWhileThePastIsForgotten(long seed) throws Exception {
    check(seed, TRANSACTIONS, FAST, Limits.of(Map.of(Limit.INDEX_RETENTION_DELAY, 1L)));
  }

  @Test
  @Tag("long")
  void longHistoriesAreStrictlySerializableToo() throws Exception {
    long seed = new Random().nextLong();
    check(seed, 5_000, FAST, Limits.of(Map.of(Limit.INDEX_RETENTION_DELAY, 1L)));
  }

  private void check(long seed, int transactions, Clock clock, Limits limits) throws Exception {
    try (Database database =
            Database.open(
                SqlitePersistence.open(directory.resolve("db.sqlite3")),
                clock,
                new Random(seed),
                limits,
                List.of());
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      Databases.push(database, ListSteps.SCHEMA);
      List<Future<?>> running = new ArrayList<>();
      for (int c = 0; c < CLIENTS; c++) {
        String name = "client " + c;
        Random random = new Random(seed * 31 + c);
        running.add(
            clients.submit(
                () -> {
                  for (int i = 0; i < transactions; i++) {
                    run(database, name, random);
                  }
                }));
      }
      for (Future<?> client : running) {
        client.get();
      }
      lists.readEverything("the end", () -> begin(database));
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed, e);
    }
    assertThat(HistoryChecker.check(lists.history())).as("seed " + seed).isEmpty();
    assertThat(lists.count(Outcome.COMMITTED)).isGreaterThan(CLIENTS * transactions / 4);
  }

  private void run(Database database, String client, Random random) {
    lists.run(
        client,
        () -> begin(database),
        random,
        transaction -> commit(database, transaction),
        failure -> {
          switch (failure) {
            case ConflictException conflict -> {
              if (random.nextBoolean()) {
                database.awaitTimestamp(conflict.timestamp());
              }
            }
            case FreshetException other ->
                assertThat(other.errorClass()).isEqualTo(ErrorClass.OUT_OF_RETENTION);
            default -> throw failure;
          }
          return Outcome.FAILED;
        });
  }
}
