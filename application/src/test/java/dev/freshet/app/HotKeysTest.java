package dev.freshet.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.Document;
import dev.freshet.database.Order;
import dev.freshet.database.Patch;
import dev.freshet.database.PreparedCommit;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.QueryStream;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many mutations that want the same few documents. */
class HotKeysTest {
  private static final WriteSource TEST = WriteSource.function("", "test:write");

  private final Database database =
      Database.open(
          new InMemoryPersistence(), Clock.system(), new Random(), Limits.defaults(), List.of());
  private final Turns turns = new Turns(60_000);
  private final MutationLoop loop = new MutationLoop(database, turns, Limits.defaults());
  private final ConcurrentLinkedQueue<Integer> losses = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    assertThat(turns.size()).isZero();
    database.close();
  }

  /** A mutation in Java. */
  private final class Work implements MutationLoop.Attempt<Transaction, Long> {
    private final Consumer<Transaction> work;
    private final List<Object> traits;

    Work(Consumer<Transaction> work, Object... traits) {
      this.work = work;
      this.traits = List.of(traits);
    }

    @Override
    public List<Object> traits() {
      return traits;
    }

    @Override
    public void admit() {}

    @Override
    public Transaction execute(@Nullable ReadSet ahead) {
      Transaction transaction =
          ahead == null
              ? database.begin(TransactionOptions.USER)
              : database.beginAhead(TransactionOptions.USER, ahead);
      work.accept(transaction);
      return transaction;
    }

    @Override
    public @Nullable PreparedCommit prepare(Transaction executed) {
      return executed.isReadOnly() ? null : database.prepare(executed, TEST);
    }

    @Override
    public @Nullable Long answer(Transaction executed) {
      return database.stands(executed) ? (Long) executed.readsThrough() : null;
    }

    @Override
    public Long commit(Transaction executed, PreparedCommit commit, Runnable onAssigned) {
      return database.commit(commit, onAssigned);
    }

    @Override
    public void lost(ConflictException conflict, int retryCount, boolean willRetry) {
      losses.add(retryCount + 1);
    }
  }

  private long run(Consumer<Transaction> work) {
    return loop.run(new Work(work));
  }

  private List<DocumentId> counters(int count) {
    List<DocumentId> ids = new ArrayList<>();
    Transaction transaction = database.begin(TransactionOptions.USER);
    for (int i = 0; i < count; i++) {
      ids.add(transaction.insert("counters", n(0)).id());
    }
    database.commit(transaction, TEST);
    return ids;
  }

  private static ObjectValue n(double value) {
    return ObjectValue.of(Map.of("n", Value.of(value)));
  }

  private static double n(@Nullable Document document) {
    return ((Float64Value) requireNonNull(requireNonNull(document).value().get("n"))).value();
  }

  private static void add(Transaction transaction, DocumentId id, double amount) {
    transaction.patch(id, Patch.of(n(n(transaction.get(id)) + amount)));
  }

  /** Lets others run. */
  private static void breathe() {
    LockSupport.parkNanos(1);
  }

  private static double sum(Transaction transaction) {
    QueryStream stream = transaction.query(QuerySpec.fullScan("counters", Order.ASC));
    double sum = 0;
    for (Document row = stream.next(); row != null; row = stream.next()) {
      sum += n(row);
    }
    return sum;
  }

  private static void all(List<Runnable> tasks) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      tasks.forEach(task -> running.add(threads.submit(task)));
      for (Future<?> task : running) {
        task.get();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void pairsOfHotDocumentsNeverFail(long seed) throws Exception {
    List<DocumentId> ids = counters(8);
    int clients = 64;
    int each = 40;
    List<Runnable> tasks = new ArrayList<>();
    for (int c = 0; c < clients; c++) {
      Random random = new Random(seed * 1000 + c);
      tasks.add(
          () -> {
            for (int i = 0; i < each; i++) {
              DocumentId from = ids.get(random.nextInt(8));
              DocumentId to = ids.get(random.nextInt(8));
              run(
                  transaction -> {
                    add(transaction, from, 1);
                    breathe();
                    add(transaction, to, 1);
                  });
            }
          });
    }
    all(tasks);
    assertThat(sum(database.begin(TransactionOptions.USER)))
        .as("seed %s", seed)
        .isEqualTo(2 * clients * each);
    assertThat(losses).allSatisfy(loss -> assertThat(loss).isLessThanOrEqualTo(2));
  }

  @Test
  void callsThatUsedToCollideWaitBeforeTheyRunAndRunOnce() throws Exception {
    DocumentId id = counters(1).getFirst();
    Work crossed =
        new Work(
            transaction -> {
              add(transaction, id, 1);
              if (losses.isEmpty()) { // somebody past all turns makes it lose
                Transaction crossing = database.begin(TransactionOptions.USER);
                add(crossing, id, 1);
                database.commit(crossing, TEST);
              }
            },
            "hot");
    for (int i = 0; i < 3; i++) {
      loop.run(crossed);
    }
    AtomicInteger runs = new AtomicInteger();
    List<Runnable> tasks = new ArrayList<>();
    for (int c = 0; c < 64; c++) {
      tasks.add(
          () -> {
            for (int i = 0; i < 20; i++) {
              loop.run(
                  new Work(
                      transaction -> {
                        runs.incrementAndGet();
                        add(transaction, id, 1);
                        breathe();
                      },
                      "hot"));
            }
          });
    }
    all(tasks);
    assertThat(runs).hasValue(64 * 20);
    assertThat(losses).hasSize(1);
    assertThat(sum(database.begin(TransactionOptions.USER))).isEqualTo(4 + 64 * 20);
  }

  @Test
  void insertsThatCountWhatIsThereNeverFail() throws Exception {
    counters(1);
    List<Runnable> tasks = new ArrayList<>();
    for (int c = 0; c < 32; c++) {
      tasks.add(
          () -> {
            for (int i = 0; i < 10; i++) {
              run(
                  transaction -> {
                    long there = transaction.count("counters");
                    transaction.insert("counters", n((double) there));
                  });
            }
          });
    }
    all(tasks);
    assertThat(sum(database.begin(TransactionOptions.USER))).isEqualTo(320 * 321 / 2);
  }

  @Test
  void aSlowReaderOfEverythingGetsThroughAStormOfQuickWrites() throws Exception {
    List<DocumentId> ids = counters(50);
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger quick = new AtomicInteger();
    List<Runnable> tasks = new ArrayList<>();
    for (int c = 0; c < 16; c++) {
      Random random = new Random(c);
      tasks.add(
          () -> {
            while (!over.get()) {
              run(transaction -> add(transaction, ids.get(random.nextInt(50)), 1));
              quick.incrementAndGet();
            }
          });
    }
    List<Integer> runs = new ArrayList<>();
    tasks.add(
        () -> {
          try {
            for (int i = 0; i < 5; i++) {
              AtomicInteger tries = new AtomicInteger();
              run(
                  transaction -> {
                    double sum = sum(transaction);
                    int before = quick.get();
                    if (tries.incrementAndGet() <= 2) { // others commit while it runs
                      while (quick.get() == before) {
                        breathe();
                      }
                    }
                    transaction.insert("sums", n(sum));
                  });
              runs.add(tries.get());
            }
          } finally {
            over.set(true);
          }
        });
    all(tasks);
    assertThat(runs).hasSize(5).allSatisfy(tries -> assertThat(tries).isLessThanOrEqualTo(4));
  }

  @Test
  void whoTouchesSomethingElseDoesNotWait() throws Exception {
    List<DocumentId> ids = counters(2);
    Semaphore held = new Semaphore(0);
    CountDownLatch running = new CountDownLatch(1);
    AtomicInteger crossed = new AtomicInteger();
    Work slow =
        new Work(
            transaction -> {
              add(transaction, ids.getFirst(), 1);
              if (crossed.getAndIncrement() == 0) { // somebody past all turns makes it lose
                Transaction crossing = database.begin(TransactionOptions.USER);
                add(crossing, ids.getFirst(), 1);
                database.commit(crossing, TEST);
              } else {
                running.countDown();
                held.acquireUninterruptibly();
              }
            });
    Thread owner = Thread.ofVirtual().start(() -> loop.run(slow));
    running.await();
    for (int i = 0; i < 100; i++) {
      run(transaction -> add(transaction, ids.getLast(), 1));
    }
    assertThat(turns.waits()).isZero();
    assertThat(losses).containsExactly(1);
    held.release();
    owner.join();
    assertThat(sum(database.begin(TransactionOptions.USER))).isEqualTo(102);
  }

  @Test
  void aTurnThatDoesNotComeIsRefusedInTheEnd() throws Exception {
    List<DocumentId> ids = counters(1);
    MutationLoop impatient = new MutationLoop(database, new Turns(1), Limits.defaults());
    Semaphore held = new Semaphore(0);
    CountDownLatch running = new CountDownLatch(1);
    AtomicInteger runs = new AtomicInteger();
    Work owner =
        new Work(
            transaction -> {
              add(transaction, ids.getFirst(), 1);
              if (runs.getAndIncrement() == 0) {
                Transaction crossing = database.begin(TransactionOptions.USER);
                add(crossing, ids.getFirst(), 1);
                database.commit(crossing, TEST);
              } else {
                running.countDown();
                held.acquireUninterruptibly();
              }
            });
    Thread thread = Thread.ofVirtual().start(() -> impatient.run(owner));
    running.await();
    assertThatThrownBy(
            () -> impatient.run(new Work(transaction -> add(transaction, ids.getFirst(), 1))))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.errorClass().httpStatus()).isEqualTo(429);
              assertThat(e.code()).isEqualTo("TooManyConcurrentRequests");
            });
    held.release();
    thread.join();
    assertThat(sum(database.begin(TransactionOptions.USER))).isEqualTo(2);
  }
}
