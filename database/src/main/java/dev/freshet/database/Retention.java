package dev.freshet.database;

import dev.freshet.storage.Persistence;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Forgets history that nobody may read any more, so that the file doesn't grow with every update
 * (spec 40 §10.1).
 *
 * <p>Design. The oldest readable snapshot is the one that was the newest {@code
 * INDEX_RETENTION_DELAY} ago. So it depends on when a snapshot was replaced, not on its own age: a
 * transaction that has just begun keeps its snapshot for the whole delay, even if nothing had been
 * committed for days. The worker notes the newest snapshot every now and then; the moments are of
 * the monotonic clock, so setting the machine's clock moves nothing. What was committed before the
 * database was opened can't be read by a transaction under way, and goes by its timestamps.
 *
 * <p>Revisions stay in the log for {@code DOCUMENT_RETENTION_DELAY}, by their timestamps, and as
 * long as a readable snapshot needs them.
 *
 * <p>Invariant. Readable ≥ persisted ≥ deleted: the bound is raised in {@link ReaderPool} first,
 * and from then on readers of older snapshots fail; then the persistence notes it in the same step
 * that deletes the first rows. A reader compares after its read, so what it has read was complete.
 *
 * <p>Rows go in small steps, and after each the worker pauses for as long as it took: commits wait
 * for one step at most and have at least half of the writer's time. Steps follow one another until
 * nothing is left, which keeps up with any load that the other half can produce.
 */
final class Retention implements BackgroundWorker.Task {
  private static final int SAMPLES_PER_DELAY = 16;
  private static final long LONGEST_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** The newest snapshot at a moment of the monotonic clock. */
  private record Sample(long nanos, long timestamp) {}

  private final Persistence persistence;
  private final ReaderPool readers;
  private final Clock clock;
  private final LongSupplier newest;
  private final long snapshotDelay;
  private final long revisionDelay;
  private final long interval;
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  /** The bounds up to which everything has been deleted. */
  private RetentionBounds done = RetentionBounds.NONE;

  /**
   * @param newest the newest published snapshot
   */
  Retention(
      Persistence persistence,
      ReaderPool readers,
      Clock clock,
      Limits limits,
      LongSupplier newest) {
    this.persistence = persistence;
    this.readers = readers;
    this.clock = clock;
    this.newest = newest;
    snapshotDelay = TimeUnit.SECONDS.toNanos(limits.get(Limit.INDEX_RETENTION_DELAY));
    revisionDelay = TimeUnit.SECONDS.toNanos(limits.get(Limit.DOCUMENT_RETENTION_DELAY));
    interval = Math.min(snapshotDelay / SAMPLES_PER_DELAY, LONGEST_INTERVAL_NANOS);
    readers.raise(persistence.retained());
    readers.raise(bounds(Math.min(newest.getAsLong(), clock.unixNanos() - snapshotDelay)));
  }

  @Override
  public long work(BackgroundWorker.Stop stop) {
    takeSample();
    RetentionBounds bounds = readers.raise(bounds(replacedLongAgo()));
    if (!bounds.equals(done) && deleteBeyond(bounds, stop)) {
      done = bounds;
    }
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(interval));
  }

  private void takeSample() {
    long now = clock.monotonicNanos();
    if (samples.isEmpty() || now - samples.getLast().nanos() >= interval) {
      samples.add(new Sample(now, newest.getAsLong()));
    }
  }

  /** The newest snapshot that is known to have been the newest one a whole delay ago. */
  private long replacedLongAgo() {
    long now = clock.monotonicNanos();
    long timestamp = 0;
    for (Sample sample = samples.peek();
        sample != null && now - sample.nanos() >= snapshotDelay;
        sample = samples.peek()) {
      timestamp = sample.timestamp();
      samples.remove();
    }
    return timestamp;
  }

  private RetentionBounds bounds(long minSnapshot) {
    long snapshot = Math.max(minSnapshot, readers.bounds().minSnapshot());
    long revision = Math.min(snapshot, clock.unixNanos() - revisionDelay);
    return new RetentionBounds(snapshot, Math.max(0, revision));
  }

  private boolean deleteBeyond(RetentionBounds bounds, BackgroundWorker.Stop stop) {
    return Steps.run(stop, clock, rows -> persistence.retain(bounds, rows));
  }
}
