package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.testkit.History;
import dev.freshet.testkit.History.Operation;
import dev.freshet.testkit.HistoryChecker;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Concurrent transactions over lists show nothing that a serial execution wouldn't show. */
class HistoryTest {
  private static final int CLIENTS = 6;
  private static final int TRANSACTIONS = 120;
  private static final int KEYS = 5;

  private static final SystemTable.Index BY_KEY = SystemTable.Index.of("by_key", "key");

  /** Lists live in a table with an index that exists from the start. */
  private record ListRow(String key, List<Long> values) {}

  private static final SystemTable<ListRow> LISTS =
      new SystemTable<>("_lists", 700, List.of(BY_KEY), HistoryTest::encode, HistoryTest::decode);

  @TempDir Path directory;
  private final AtomicLong values = new AtomicLong();
  private final ConcurrentLinkedQueue<History.Transaction> seen = new ConcurrentLinkedQueue<>();

  private static ObjectValue encode(ListRow row) {
    return ObjectValue.of(
        Map.of(
            "key",
            Value.of(row.key()),
            "values",
            new ArrayValue(row.values().stream().<Value>map(Value::of).toList())));
  }

  private static ListRow decode(ObjectValue value) {
    List<Long> values = new ArrayList<>();
    if (value.get("values") instanceof ArrayValue(List<Value> elements)) {
      for (Value element : elements) {
        values.add(((Int64Value) element).value());
      }
    }
    return new ListRow(CatalogRows.string(value, "key"), values);
  }

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
    check(seed, Clock.system(), Limits.defaults());
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void historiesAreStrictlySerializableWhileThePastIsForgotten(long seed) throws Exception {
    check(seed, FAST, Limits.of(Map.of(Limit.INDEX_RETENTION_DELAY, 1L)));
  }

  private void check(long seed, Clock clock, Limits limits) throws Exception {
    try (Database database =
            Database.open(
                SqlitePersistence.open(directory.resolve("db.sqlite3")),
                clock,
                new Random(),
                limits,
                List.of(LISTS));
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int c = 0; c < CLIENTS; c++) {
        String name = "client " + c;
        Random random = new Random(seed * 31 + c);
        running.add(
            clients.submit(
                () -> {
                  for (int i = 0; i < TRANSACTIONS; i++) {
                    run(database, name + ", transaction " + i, random);
                  }
                }));
      }
      for (Future<?> client : running) {
        client.get();
      }
    }
    assertThat(HistoryChecker.check(new History(List.copyOf(seen)))).as("seed " + seed).isEmpty();
    assertThat(seen.stream().filter(t -> t.outcome() == History.Outcome.COMMITTED))
        .hasSizeGreaterThan(CLIENTS * TRANSACTIONS / 4);
  }

  private void run(Database database, String name, Random random) {
    List<Operation> operations = new ArrayList<>();
    long invoked = System.nanoTime();
    Transaction transaction = begin(database);
    History.Outcome outcome = History.Outcome.COMMITTED;
    try {
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        String key = "k" + random.nextInt(KEYS);
        operations.add(random.nextBoolean() ? read(transaction, key) : append(transaction, key));
      }
      commit(database, transaction);
    } catch (ConflictException e) {
      outcome = History.Outcome.FAILED;
      if (random.nextBoolean()) {
        database.awaitTimestamp(e.timestamp());
      }
    } catch (FreshetException e) {
      assertThat(e.errorClass()).isEqualTo(ErrorClass.OUT_OF_RETENTION);
      outcome = History.Outcome.FAILED;
    }
    seen.add(new History.Transaction(name, outcome, invoked, System.nanoTime(), operations));
  }

  private static SystemTable.@Nullable Row<ListRow> find(Transaction transaction, String key) {
    return LISTS.first(transaction, "by_key", Value.of(key));
  }

  private static Operation read(Transaction transaction, String key) {
    SystemTable.Row<ListRow> row = find(transaction, key);
    return new History.Read(key, row == null ? List.of() : row.record().values());
  }

  private Operation append(Transaction transaction, String key) {
    long value = values.incrementAndGet();
    SystemTable.Row<ListRow> row = find(transaction, key);
    if (row == null) {
      LISTS.insert(transaction, new ListRow(key, List.of(value)));
    } else {
      List<Long> longer = new ArrayList<>(row.record().values());
      longer.add(value);
      LISTS.replace(transaction, row.id(), new ListRow(key, longer));
    }
    return new History.Append(key, value);
  }
}
