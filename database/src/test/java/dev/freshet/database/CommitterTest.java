package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.storage.UnsureWriteException;
import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CommitterTest {
  private final SteeredPersistence persistence = new SteeredPersistence();
  private Database database = Databases.open(persistence);

  @AfterEach
  void close() {
    persistence.before = _ -> {};
    database.close();
  }

  private CompletableFuture<Long> insertLater(String table) {
    Transaction transaction = begin(database);
    transaction.insert(table, object());
    return CompletableFuture.supplyAsync(
        () -> commit(database, transaction), task -> Thread.ofVirtual().start(task));
  }

  @Test
  void commitsThatWaitForAWriteShareTheNextOne() {
    insert(database, "notes", object());
    Semaphore writes = new Semaphore(0);
    persistence.before = _ -> writes.acquireUninterruptibly();
    persistence.groups.clear();
    List<CompletableFuture<Long>> commits = new ArrayList<>();
    commits.add(insertLater("notes"));
    await().until(writes::hasQueuedThreads);
    for (int i = 0; i < 20; i++) {
      commits.add(insertLater("notes"));
    }
    assertThat(commits).noneMatch(CompletableFuture::isDone);
    writes.release(100);
    List<Long> timestamps = commits.stream().map(CompletableFuture::join).toList();
    assertThat(timestamps).doesNotHaveDuplicates();
    assertThat(persistence.groups.getFirst()).isEqualTo(1);
    assertThat(persistence.groups.size()).isLessThan(20);
    assertThat(all(begin(database), "notes")).hasSize(22);
  }

  @Test
  void aCommitThatIsNotWrittenYetIsAConflictAlready() {
    DocumentId id = insert(database, "notes", object("n", 1));
    Semaphore writes = new Semaphore(0);
    persistence.before = _ -> writes.acquireUninterruptibly();
    Transaction first = begin(database);
    first.patch(id, Patch.of(object("n", 2)));
    Transaction second = begin(database);
    second.patch(id, Patch.of(object("n", 3)));
    CompletableFuture<Long> pending = CompletableFuture.supplyAsync(() -> commit(database, first));
    await().until(writes::hasQueuedThreads);
    assertThatThrownBy(() -> commit(database, second))
        .isInstanceOfSatisfying(
            ConflictException.class,
            conflict -> {
              assertThat(conflict.timestamp()).isGreaterThan(database.latestTimestamp());
              writes.release(10);
              database.awaitTimestamp(conflict.timestamp());
              assertThat(database.latestTimestamp()).isEqualTo(conflict.timestamp());
            });
    pending.join();
  }

  @Test
  void aFailedWriteFailsItsCallersAndLeavesNoTrace() {
    insert(database, "notes", object());
    long before = database.latestTimestamp();
    persistence.before =
        _ -> {
          throw new IllegalStateException("disk full");
        };
    Transaction transaction = begin(database);
    transaction.insert("notes", object());
    transaction.insert("fresh", object());
    assertThatThrownBy(() -> commit(database, transaction))
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.errorClass()).isEqualTo(ErrorClass.INTERNAL));
    persistence.before = _ -> {};
    assertThat(database.latestTimestamp()).isEqualTo(before);
    assertThat(all(begin(database), "notes")).hasSize(1);
    assertThat(begin(database).table("fresh")).isNull();
    insert(database, "fresh", object());
    assertThat(all(begin(database), "fresh")).hasSize(1);
  }

  @Test
  void afterAnUnsureWriteNothingIsAcceptedUntilReopened() {
    insert(database, "notes", object());
    persistence.before =
        group -> {
          persistence.store.commit(group);
          throw new UnsureWriteException("lost", new IllegalStateException());
        };
    Transaction transaction = begin(database);
    transaction.insert("notes", object());
    assertThatThrownBy(() -> commit(database, transaction))
        .hasMessage("it is unknown whether the commit took effect");
    persistence.before = _ -> {};
    assertThatThrownBy(() -> insert(database, "notes", object()))
        .hasMessageStartingWith("the committer has stopped");
    assertThat(all(begin(database), "notes")).hasSize(1);
    database.close();
    database = Databases.open(persistence);
    assertThat(all(begin(database), "notes")).hasSize(2);
    insert(database, "notes", object());
  }

  @Test
  void aFullQueueIsRefused() {
    database.close();
    database =
        Databases.open(
            persistence,
            Limits.of(
                Map.of(
                    Limit.COMMITTER_QUEUE_SIZE, 1L,
                    Limit.SEND_COMMIT_MESSAGE_TIMEOUT_MILLIS, 1L)));
    insert(database, "notes", object());
    Semaphore writes = new Semaphore(0);
    persistence.before = _ -> writes.acquireUninterruptibly();
    List<CompletableFuture<Long>> commits = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      commits.add(insertLater("notes"));
    }
    await().until(() -> commits.stream().anyMatch(CompletableFuture::isCompletedExceptionally));
    assertThat(commits.stream().filter(CompletableFuture::isCompletedExceptionally).findFirst())
        .hasValueSatisfying(
            failed ->
                assertThatThrownBy(failed::join)
                    .hasCauseInstanceOf(FreshetException.class)
                    .hasMessageContaining("Too many concurrent commits in"));
    writes.release(10_000);
    int committed = 0;
    for (CompletableFuture<Long> commit : commits) {
      try {
        commit.join();
        committed++;
      } catch (RuntimeException e) {
        // refused
      }
    }
    assertThat(all(begin(database), "notes")).hasSize(committed + 1);
  }

  @Test
  void timestampsRiseWhateverTheClockSays() {
    long last = 0;
    for (int i = 0; i < 50; i++) {
      insert(database, "notes", object());
      assertThat(database.latestTimestamp()).isGreaterThan(last);
      last = database.latestTimestamp();
    }
    Transaction old = database.beginAt(last, TransactionOptions.USER);
    insert(database, "notes", object());
    assertThat(all(old, "notes")).hasSize(50);
    assertThat(old.count("notes")).isEqualTo(50);
    assertThatThrownBy(() -> database.beginAt(1, TransactionOptions.USER))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> assertThat(e.errorClass()).isEqualTo(ErrorClass.OUT_OF_RETENTION));
    Transaction between = database.beginAt(last, TransactionOptions.USER);
    assertThat(all(between, "notes")).hasSize(50);
    assertThat(between.count("notes")).isEqualTo(50);
  }
}
