package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.present;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.UnsureWriteException;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value.Float64Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions on top of commits that aren't durable yet. */
class AheadTest {
  private final SteeredPersistence persistence = new SteeredPersistence();
  private final Database database = Databases.open(persistence);
  private final Semaphore writes = new Semaphore(0);
  private DocumentId counter;
  private DocumentId other;
  private ReadSet interest;

  @BeforeEach
  void prepare() {
    counter = insert(database, "counters", object("n", 0));
    other = insert(database, "counters", object("n", 100));
    Transaction reader = begin(database);
    all(reader, "counters");
    interest = reader.readSet();
    persistence.before = _ -> writes.acquireUninterruptibly();
  }

  @AfterEach
  void close() {
    persistence.before = _ -> {};
    writes.release(1000);
    database.close();
  }

  private static double n(Document document) {
    return ((Float64Value) Objects.requireNonNull(document.value().get("n"))).value();
  }

  private static double n(Transaction transaction, DocumentId id) {
    return n(present(transaction.get(id)));
  }

  private static void set(Transaction transaction, DocumentId id, double value) {
    transaction.patch(id, Patch.of(object("n", value)));
  }

  /** Starts a commit and returns once it has its timestamp. */
  private CompletableFuture<Long> assigned(Transaction transaction) {
    CompletableFuture<Void> assigned = new CompletableFuture<>();
    PreparedCommit prepared = database.prepare(transaction, Databases.TEST);
    CompletableFuture<Long> committed =
        CompletableFuture.supplyAsync(
            () -> database.commit(prepared, () -> assigned.complete(null)),
            task -> Thread.ofVirtual().start(task));
    CompletableFuture.anyOf(assigned, committed).join();
    return committed;
  }

  private Transaction ahead() {
    return database.beginAhead(TransactionOptions.USER, interest);
  }

  @Test
  void seesAndOverwritesWhatIsNotDurableYet() {
    Transaction first = begin(database);
    set(first, counter, 1);
    first.delete(other);
    DocumentId third = first.insert("counters", object("n", 3)).id();
    CompletableFuture<Long> firstCommit = assigned(first);

    Transaction second = ahead();
    assertThat(n(second, counter)).isEqualTo(1);
    assertThat(second.get(other)).isNull();
    assertThat(all(second, "counters").stream().map(Document::id)).containsExactly(counter, third);
    assertThat(second.count("counters")).isEqualTo(2);
    set(second, counter, 2);
    second.delete(third);
    CompletableFuture<Long> secondCommit = assigned(second);

    Transaction last = ahead();
    assertThat(all(last, "counters").stream().map(AheadTest::n)).containsExactly(2.0);
    assertThat(last.count("counters")).isEqualTo(1);
    assertThat(all(begin(database), "counters")).as("what is published").hasSize(2);

    writes.release(1000);
    assertThat(secondCommit.join()).isGreaterThan(firstCommit.join());
    assertThat(database.stands(last)).isTrue();
    assertThat(all(begin(database), "counters").stream().map(AheadTest::n)).containsExactly(2.0);
  }

  @Test
  void takesBackItsOwnWritesToWhatIsNotDurableYet() {
    Transaction first = begin(database);
    set(first, counter, 1);
    CompletableFuture<Long> firstCommit = assigned(first);
    Transaction second = ahead();
    try (Subtransaction _ = second.begin(second.scope(), TransactionBudget.NONE)) {
      set(second, counter, 7);
    }
    assertThat(all(second, "counters").stream().map(AheadTest::n)).containsExactly(1.0, 100.0);
    assertThat(n(second, counter)).isEqualTo(1);
    writes.release(1000);
    firstCommit.join();
  }

  @Test
  void failsTogetherWithWhatItSaw() {
    Transaction first = begin(database);
    set(first, counter, 1);
    AtomicInteger calls = new AtomicInteger();
    persistence.before =
        _ -> {
          writes.acquireUninterruptibly();
          if (calls.getAndIncrement() == 0) {
            throw new IllegalStateException("disk full");
          }
        };
    CompletableFuture<Long> firstCommit = assigned(first);
    await().until(writes::hasQueuedThreads); // the first is a group of its own
    Transaction second = ahead();
    set(second, counter, n(second, counter) + 1);
    CompletableFuture<Long> secondCommit = assigned(second);
    Transaction third = ahead();
    set(third, counter, n(third, counter) + 1);
    CompletableFuture<Long> thirdCommit = assigned(third);
    Transaction reader = ahead();
    assertThat(n(reader, counter)).isEqualTo(3);
    Transaction unrelated = begin(database);
    set(unrelated, other, 101);
    CompletableFuture<Long> unrelatedCommit = assigned(unrelated);
    writes.release(1000);
    for (CompletableFuture<Long> failed : List.of(firstCommit, secondCommit, thirdCommit)) {
      assertThatThrownBy(failed::join).hasCauseInstanceOf(FreshetException.class);
    }
    assertThat(database.stands(reader)).isFalse();
    unrelatedCommit.join();
    assertThat(all(begin(database), "counters").stream().map(AheadTest::n))
        .containsExactly(0.0, 101.0);
  }

  @Test
  void losesAgainstWhatItDoesNotSee() {
    Transaction reader = begin(database);
    reader.get(other);
    ReadSet onlyOther = reader.readSet();
    Transaction first = begin(database);
    set(first, counter, 1);
    CompletableFuture<Long> firstCommit = assigned(first);
    Transaction second = database.beginAhead(TransactionOptions.USER, onlyOther);
    assertThat(n(second, counter)).isZero();
    set(second, counter, 5);
    PreparedCommit prepared = database.prepare(second, Databases.TEST);
    assertThat(database.isOutdated(prepared)).isTrue();
    assertThatThrownBy(() -> database.commit(prepared, () -> {}))
        .isInstanceOf(ConflictException.class);
    writes.release(1000);
    firstCommit.join();
  }

  /** How the write of the first of a chain of commits ends. */
  enum BaseWrite {
    FAILS,
    /** It does, but nobody knows. */
    IS_UNKNOWN_AND_FAILED,
    /** It doesn't, but nobody knows. */
    IS_UNKNOWN_AND_DONE
  }

  /**
   * Whatever becomes of the first of many commits on top of one another: nobody outside sees any of
   * them, before and after, and what they have read isn't told.
   */
  @ParameterizedTest
  @EnumSource(BaseWrite.class)
  void nothingOfALongChainIsShown(BaseWrite baseWrite) {
    AtomicInteger calls = new AtomicInteger();
    persistence.before =
        group -> {
          writes.acquireUninterruptibly();
          if (calls.getAndIncrement() == 0) {
            if (baseWrite == BaseWrite.IS_UNKNOWN_AND_DONE) {
              persistence.store.commit(group);
            }
            IllegalStateException failure = new IllegalStateException("disk full");
            throw baseWrite == BaseWrite.FAILS
                ? failure
                : new UnsureWriteException("it is unknown", failure);
          }
        };
    List<Invalidation> told = new CopyOnWriteArrayList<>();
    long before = database.latestTimestamp();
    Subscription subscription = database.subscribe(interest, before, told::add);
    List<CompletableFuture<Long>> commits = new ArrayList<>();
    List<Transaction> readers = new ArrayList<>();
    for (int depth = 1; depth <= 6; depth++) {
      Transaction link = depth == 1 ? begin(database) : ahead();
      set(link, counter, n(link, counter) + 1);
      link.insert("counters", object("n", depth));
      commits.add(assigned(link));
      if (depth == 1) {
        await().until(writes::hasQueuedThreads); // it is a group of its own
      }
      Transaction reader = ahead();
      assertThat(n(reader, counter)).isEqualTo(depth);
      assertThat(reader.count("counters")).isEqualTo(2 + depth);
      readers.add(reader);
      assertNothingIsShown(before);
    }
    PreparedCommit lastReader = database.prepare(readers.removeLast(), Databases.TEST);
    writes.release(1000);
    for (CompletableFuture<Long> failed : commits) {
      assertThatThrownBy(failed::join).hasCauseInstanceOf(FreshetException.class);
    }
    assertThat(readers).noneMatch(database::stands);
    assertThatThrownBy(() -> database.commit(lastReader, () -> {}))
        .isInstanceOf(FreshetException.class);
    assertNothingIsShown(before);
    assertThat(told).isEmpty();
    assertThat(subscription.validThrough()).isEqualTo(before);
    assertThat(n(ahead(), counter)).as("nothing is left to build on").isZero();
    if (baseWrite == BaseWrite.FAILS) {
      Transaction next = begin(database);
      set(next, counter, 50);
      long committed = commit(database, next);
      await().until(() -> !told.isEmpty());
      assertThat(told).extracting(Invalidation::timestamp).containsExactly(committed);
    } else {
      try (Database again = Databases.open(persistence)) {
        List<Double> after = all(begin(again), "counters").stream().map(AheadTest::n).toList();
        assertThat(after)
            .as("the first one, whole or not at all, and none of the others")
            .isEqualTo(
                baseWrite == BaseWrite.IS_UNKNOWN_AND_DONE
                    ? List.of(1.0, 100.0, 1.0)
                    : List.of(0.0, 100.0));
      }
    }
  }

  private void assertNothingIsShown(long before) {
    assertThat(database.latestTimestamp()).isEqualTo(before);
    Transaction outside = begin(database);
    assertThat(all(outside, "counters").stream().map(AheadTest::n)).containsExactly(0.0, 100.0);
    assertThat(outside.count("counters")).isEqualTo(2);
    assertThat(database.refresh(interest, before, before + 1)).isFalse();
    assertThatThrownBy(() -> database.beginAt(before + 1, TransactionOptions.USER))
        .hasMessageContaining("in the future");
  }

  /** Groups of writes fail by chance; every transaction must see the same sum all the same. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void allSeeAConsistentStateWhateverFails(long seed) throws Exception {
    Random failures = new Random(seed);
    persistence.before =
        (List<CommitRecord> _) -> {
          if (failures.nextInt(5) == 0) {
            throw new IllegalStateException("disk full");
          }
        };
    AtomicInteger committed = new AtomicInteger();
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    Predicate<List<Document>> sound =
        rows -> rows.stream().mapToDouble(AheadTest::n).sum() == 100 && !rows.isEmpty();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int c = 0; c < 8; c++) {
        Random random = new Random(seed * 100 + c);
        clients.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 150; i++) {
                    Transaction transaction = random.nextInt(4) == 0 ? begin(database) : ahead();
                    List<Document> rows = all(transaction, "counters");
                    if (!sound.test(rows)) {
                      wrong.set(new AssertionError("seed " + seed + " shows " + rows));
                    }
                    move(transaction, rows, random);
                    try {
                      commit(database, transaction);
                      committed.incrementAndGet();
                    } catch (FreshetException e) {
                      // lost, or failed
                    }
                  }
                }));
      }
      for (Future<?> client : clients) {
        client.get();
      }
    }
    assertThat(wrong.get()).isNull();
    assertThat(committed.get()).isPositive();
    assertThat(sound.test(all(begin(database), "counters"))).isTrue();
  }

  /** Keeps the sum: between two, into a new one, or out of one that goes. */
  private static void move(Transaction transaction, List<Document> rows, Random random) {
    Document from = rows.get(random.nextInt(rows.size()));
    switch (random.nextInt(4)) {
      case 0 -> {
        transaction.insert("counters", object("n", 1));
        set(transaction, from.id(), n(from) - 1);
      }
      case 1 -> {
        Document to = rows.get(random.nextInt(rows.size()));
        if (to != from) {
          transaction.delete(from.id());
          set(transaction, to.id(), n(to) + n(from));
        }
      }
      default -> {
        Document to = rows.get(random.nextInt(rows.size()));
        if (to != from) {
          set(transaction, from.id(), n(from) - 1);
          set(transaction, to.id(), n(to) + 1);
        }
      }
    }
  }
}
