package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.UnsureWriteException;
import dev.freshet.storage.sqlite.SqliteInspection;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.testkit.History.Outcome;
import dev.freshet.testkit.HistoryChecker;
import dev.freshet.testkit.SmallFileSystem;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients write to a real file system that is full at times. What fails then has no effect; as soon
 * as there is space again the work goes on, without a restart; and what was acknowledged stays.
 */
class FullDiskTest {
  private static final int CLIENTS = 4;
  private static final int MOMENTS_OF_WORK = 60;

  /** More than the write-ahead log grows to before it starts anew. */
  private static final long BYTES = 192 << 20;

  @TempDir private Path directory;
  private final ListHistory lists = new ListHistory();
  private final AtomicInteger committed = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void workGoesOnWhenThereIsSpaceAgain(long seed) throws Exception {
    check(seed, 4);
  }

  @Test
  @Tag("long")
  void workGoesOnManyTimes() throws Exception {
    check(new Random().nextLong(), 20);
  }

  private void check(long seed, int times) throws Exception {
    onSmallDisk(
        seed,
        (small, file, random) -> {
          try (Database database = Databases.open(SqlitePersistence.open(file))) {
            Databases.push(database, ListSteps.SCHEMA);
            try (Clients clients = new Clients(database, random)) {
              for (int i = 0; i < times; i++) {
                clients.await(committed, MOMENTS_OF_WORK);
                small.fillUpTo(random.nextInt(8) * 4096L);
                clients.await(refused, 1 + random.nextInt(30));
                small.free();
              }
              clients.await(committed, MOMENTS_OF_WORK);
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 4})
  void aCrashAndAStopOnAFullDiskLoseNothing(long seed) throws Exception {
    onSmallDisk(
        seed,
        (small, file, random) -> {
          try (Database database = Databases.open(SqlitePersistence.open(file))) {
            Databases.push(database, ListSteps.SCHEMA);
            try (Clients clients = new Clients(database, random)) {
              clients.await(committed, MOMENTS_OF_WORK);
              small.fill();
              clients.await(refused, 1 + random.nextInt(10));
            }
            readEverything(asAfterACrash(file));
          } // while the disk is full
          small.free();
        });
  }

  /** What a killed process would leave. */
  private Path asAfterACrash(Path file) throws IOException {
    Path copy = directory.resolve("copy.sqlite3");
    Files.copy(file, copy);
    Files.copy(Path.of(file + "-wal"), Path.of(copy + "-wal"));
    return copy;
  }

  private interface Work {
    void on(SmallFileSystem small, Path file, Random random) throws Exception;
  }

  private void onSmallDisk(long seed, Work work) throws Exception {
    Path mountPoint = Files.createDirectory(directory.resolve("mounted"));
    try (SmallFileSystem small = SmallFileSystem.mount(mountPoint, BYTES)) {
      Path file = small.root().resolve("db.sqlite3");
      work.on(small, file, new Random(seed));
      readEverything(file);
      assertThat(HistoryChecker.check(lists.history())).isEmpty();
      assertThat(findings(file)).isEmpty();
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private void readEverything(Path file) {
    try (Database database = Databases.open(SqlitePersistence.open(file))) {
      lists.readEverything("a reader of " + file.getFileName(), () -> begin(database));
    }
  }

  /** Write until they are closed. */
  private final class Clients implements AutoCloseable {
    private final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    private final List<Future<?>> running = new ArrayList<>();
    private volatile boolean over;

    Clients(Database database, Random random) {
      for (int i = 0; i < CLIENTS; i++) {
        Random own = new Random(random.nextLong());
        String name = "client " + i;
        running.add(
            threads.submit(
                () -> {
                  while (!over) {
                    write(database, name, own);
                  }
                }));
      }
    }

    /** Waits until something has happened so often again. */
    void await(AtomicInteger count, int more) {
      int enough = count.get() + more;
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(1))
          .until(() -> running.stream().anyMatch(Future::isDone) || count.get() >= enough);
      assertThat(running).noneMatch(Future::isDone);
    }

    @Override
    public void close() throws Exception {
      over = true;
      threads.close();
      for (Future<?> client : running) {
        client.get();
      }
    }
  }

  private void write(Database database, String name, Random random) {
    lists.run(
        name,
        () -> begin(database),
        random,
        transaction -> {
          commit(database, transaction);
          if (!transaction.isReadOnly()) {
            committed.incrementAndGet();
          }
        },
        failure -> {
          switch (failure) {
            case UnsureWriteException unsure -> throw unsure;
            case ConflictException conflict -> database.awaitTimestamp(conflict.timestamp());
            case FreshetException full -> {
              assertThat(full.errorClass()).isEqualTo(ErrorClass.INTERNAL);
              refused.incrementAndGet();
            }
            default -> throw failure;
          }
          return Outcome.FAILED;
        });
  }

  private static List<Finding> findings(Path file) {
    List<Finding> findings = new ArrayList<>();
    try (StoreInspection store = SqliteInspection.open(file)) {
      new DatabaseCheck(store, List.of()).run(findings::add, StoreInspection.Progress.NONE);
    }
    return findings;
  }
}
