package dev.freshet.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bounds of retention under a simulated clock, over a real store. */
class RetentionTest {
  private static final long TABLE = 1;
  private static final InternalId ID = new InternalId(1, 1);
  private static final Duration DELAY = Duration.ofMinutes(4);
  private static final Duration INTERVAL = DELAY.dividedBy(16);
  private static final BackgroundWorker.Stop NEVER = () -> false;

  @TempDir private Path directory;
  private final SimulatedClock clock = new SimulatedClock();
  private SqlitePersistence store;
  private ReaderPool readers;
  private Retention retention;
  private long newest;
  private long previous;

  @BeforeEach
  void start() {
    start(Map.of());
  }

  private void start(Map<Limit, Long> limits) {
    store = SqlitePersistence.open(directory.resolve("db.sqlite3"));
    newest = store.maxTimestamp();
    readers = new ReaderPool(store);
    retention = new Retention(store, readers, clock, Limits.of(limits), () -> newest);
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private void restart(Map<Limit, Long> limits) {
    stop();
    start(limits);
  }

  /** Writes the document anew, now, and another one, as the newest commit always stays. */
  private long commit() {
    long timestamp = Math.max(clock.unixNanos(), newest + 1);
    store.commit(
        List.of(
            new CommitRecord(timestamp, List.of(put(ID, previous)), List.of()),
            new CommitRecord(
                timestamp + 1, List.of(put(new InternalId(2, timestamp), 0)), List.of())));
    previous = timestamp;
    newest = timestamp + 1;
    return newest;
  }

  private static DocumentWrite put(InternalId id, long previous) {
    return new DocumentWrite(TABLE, id, previous, new byte[] {1});
  }

  /** Lets time pass as the worker sees it. */
  private void pass(Duration time) {
    Duration left = time;
    while (!left.isZero()) {
      Duration step = left.compareTo(INTERVAL) < 0 ? left : INTERVAL;
      clock.advance(step);
      assertThat(retention.work(NEVER)).isEqualTo(INTERVAL.toMillis());
      left = left.minus(step);
    }
  }

  private void assertReadable(long timestamp) {
    readers.readAt(timestamp, reader -> reader.document(TABLE, ID, timestamp));
  }

  private void assertForgotten(long timestamp) {
    assertOutOfRetention(() -> assertReadable(timestamp));
    assertOutOfRetention(() -> readers.read(reader -> reader.document(TABLE, ID, timestamp)));
  }

  private static void assertOutOfRetention(ThrowingCallable read) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> assertThat(e.errorClass()).isEqualTo(ErrorClass.OUT_OF_RETENTION));
  }

  @Test
  void aSnapshotIsReadableForTheDelayAfterItWasReplaced() {
    commit();
    pass(Duration.ofSeconds(1));
    long old = commit();
    pass(Duration.ofDays(3));
    assertReadable(old);

    commit();
    pass(DELAY);
    assertReadable(old);
    pass(INTERVAL);
    assertForgotten(old);
    assertReadable(newest);
  }

  @Test
  void whatIsNotWrittenAgainStaysForEver() {
    commit();
    long last = commit();
    pass(Duration.ofDays(1));
    assertReadable(last);
    assertThat(store.retained().minSnapshot()).isEqualTo(last);
  }

  @Test
  void settingTheClockMovesNothing() {
    commit();
    long old = commit();
    pass(INTERVAL);
    commit();
    clock.setUnixMillis(clock.unixMillis() + Duration.ofDays(400).toMillis());
    pass(INTERVAL);
    assertReadable(old);
    clock.setUnixMillis(clock.unixMillis() - Duration.ofDays(800).toMillis());
    pass(INTERVAL);
    assertReadable(old);
    assertThat(newest).isGreaterThan(old);
  }

  @Test
  void whatIsOldAtOpeningGoesAtOnce() {
    commit();
    long old = commit();
    clock.advance(Duration.ofSeconds(1));
    commit();
    clock.advance(DELAY);
    restart(Map.of());

    assertOutOfRetention(() -> assertReadable(old));
    retention.work(NEVER);
    assertForgotten(old);
    assertReadable(newest);
  }

  @Test
  void whatIsYoungAtOpeningStaysForTheRestOfItsDelay() {
    long old = commit();
    clock.advance(Duration.ofSeconds(1));
    commit();
    restart(Map.of());
    retention.work(NEVER);
    assertReadable(old);
    pass(DELAY);
    assertForgotten(old);
  }

  @Test
  void theBoundOutlivesARestart() {
    long old = commit();
    clock.advance(Duration.ofSeconds(1));
    commit();
    pass(DELAY.plus(INTERVAL));
    assertForgotten(old);
    clock.setUnixMillis(SimulatedClock.DEFAULT_START_MILLIS); // would allow it again
    restart(Map.of());
    assertOutOfRetention(() -> assertReadable(old));
  }

  @Test
  void workThatWasStoppedGoesOnAfterARestart() {
    for (int i = 0; i < 3 * Steps.ROWS; i++) {
      commit();
    }
    long beforeLast = newest;
    clock.advance(Duration.ofSeconds(1));
    commit();
    clock.advance(DELAY);
    restart(Map.of());
    int[] looks = {0};
    retention.work(() -> looks[0]++ > 0); // one step
    assertThat(store.retained()).isEqualTo(readers.bounds());
    readers.read(reader -> reader.document(TABLE, ID, beforeLast)); // not deleted yet

    restart(Map.of());
    retention.work(NEVER);
    assertForgotten(beforeLast);
  }

  @Test
  void revisionsCanStayLonger() {
    restart(Map.of(Limit.DOCUMENT_RETENTION_DELAY, Duration.ofDays(14).toSeconds()));
    commit();
    long old = commit();
    commit();
    pass(DELAY.plus(INTERVAL));
    assertOutOfRetention(() -> assertReadable(old));
    DocumentRevision kept = readers.read(reader -> reader.document(TABLE, ID, old));
    assertThat(kept).isNotNull();
    clock.advance(Duration.ofDays(14));
    retention.work(NEVER);
    assertForgotten(old);
  }

  @Test
  void revisionsNeverGoBeforeTheSnapshotsThatShowThem() {
    restart(Map.of(Limit.DOCUMENT_RETENTION_DELAY, 1L));
    commit();
    long old = commit();
    pass(INTERVAL);
    commit();
    pass(DELAY.dividedBy(2));
    assertReadable(old);
    RetentionBounds bounds = readers.bounds();
    assertThat(bounds.minRevision()).isLessThanOrEqualTo(bounds.minSnapshot());
  }
}
