package dev.freshet.database;

import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static dev.freshet.database.Databases.write;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.storage.Persistence;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads of old snapshots while documents are updated all the time and retention follows. */
class RetentionUnderLoadTest {
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":true}";
  private static final int SPEED = 20;
  private static final long DELAY_NANOS = 1_000_000_000;
  private static final int ROUNDS = 8;

  /** Time that passes faster for those who measure it, so that a delay of a second is 50 ms. */
  private static final class FastClock implements Clock {
    @Override
    public long unixNanos() {
      return Clock.system().unixNanos();
    }

    @Override
    public long monotonicNanos() {
      return Clock.system().monotonicNanos() * SPEED;
    }
  }

  /**
   * @param n what the document said
   * @param replaced the moment before which it was the newest, for certain
   */
  private record Shown(double n, long replaced) {}

  @TempDir private Path directory;
  private final Clock clock = new FastClock();
  private final ConcurrentSkipListMap<Long, Shown> history = new ConcurrentSkipListMap<>();
  private final AtomicInteger right = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  @Test
  void readersInsideTheWindowSeeWhatWasThere() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Persistence store = SqlitePersistence.open(directory.resolve("db.sqlite3"));
    Limits limits = Limits.of(Map.of(Limit.INDEX_RETENTION_DELAY, 1L));
    try (Database database = Database.open(store, clock, new Random(), limits, List.of());
        ExecutorService readers = Executors.newFixedThreadPool(2)) {
      push(database, SCHEMA);
      DocumentId id = Databases.insert(database, "notes", object("n", 0));
      List<Future<?>> reading = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Random random = new Random(i);
        reading.add(readers.submit(() -> readAround(database, done, random)));
      }
      long first = database.latestTimestamp();
      for (int round = 1; round <= ROUNDS; round++) {
        long from = database.latestTimestamp();
        await()
            .until(
                () -> {
                  update(database, id);
                  return store.retained().minSnapshot() > from;
                });
      }
      done.set(true);
      for (Future<?> reader : reading) {
        reader.get();
      }
      assertThat(store.retained().minSnapshot()).isGreaterThan(first);
    }
    assertThat(right.get()).isPositive();
    assertThat(refused.get()).isPositive();
  }

  private void update(Database database, DocumentId id) {
    Map.Entry<Long, Shown> last = history.lastEntry();
    double n = last == null ? 1 : last.getValue().n() + 1;
    if (last != null) {
      history.put(last.getKey(), new Shown(last.getValue().n(), clock.monotonicNanos()));
    }
    write(
        database, TransactionOptions.USER, transaction -> transaction.replace(id, object("n", n)));
    history.put(database.latestTimestamp(), new Shown(n, Long.MAX_VALUE));
  }

  private void readAround(Database database, AtomicBoolean done, Random random) {
    while (!done.get()) {
      List<Map.Entry<Long, Shown>> known = List.copyOf(history.entrySet());
      if (!known.isEmpty()) {
        int back = random.nextInt(Math.min(known.size(), random.nextBoolean() ? 20 : 2000));
        readAt(database, known.get(known.size() - 1 - back).getKey());
      }
    }
  }

  private void readAt(Database database, long timestamp) {
    try {
      Transaction transaction = database.beginAt(timestamp, TransactionOptions.USER);
      Double n = first(transaction);
      Shown shown = history.get(timestamp);
      assertThat(n).as("at %d", timestamp).isEqualTo(shown == null ? null : shown.n());
      right.incrementAndGet();
    } catch (FreshetException e) {
      assertThat(e.errorClass()).isEqualTo(ErrorClass.OUT_OF_RETENTION);
      Shown shown = requireNonNull(history.get(timestamp));
      assertThat(clock.monotonicNanos() - shown.replaced())
          .as("since it was replaced")
          .isGreaterThan(DELAY_NANOS);
      refused.incrementAndGet();
    }
  }

  private static @Nullable Double first(Transaction transaction) {
    QuerySpec byN = QuerySpec.indexRange("notes", "by_n", Order.DESC, List.of());
    Document document = transaction.query(byN).next();
    return document != null && document.value().get("n") instanceof Value.Float64Value(double n)
        ? n
        : null;
  }
}
