package dev.freshet.database;

import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lends readers, one call at a time, as a reader serves one thread at a time, and refuses what
 * retention may have touched. Thread-safe.
 */
final class ReaderPool {
  private final Persistence persistence;
  private volatile RetentionBounds bounds = RetentionBounds.NONE;

  ReaderPool(Persistence persistence) {
    this.persistence = persistence;
  }

  <T extends @Nullable Object> T read(Function<PersistenceReader, T> work) {
    try (PersistenceReader reader = persistence.newReader()) {
      return work.apply(reader);
    }
  }

  /**
   * A read at a timestamp.
   *
   * @throws FreshetException OUT_OF_RETENTION if the snapshot is no longer kept
   */
  <T extends @Nullable Object> T readAt(long timestamp, Function<PersistenceReader, T> work) {
    T result = read(work);
    requireRetained(timestamp); // now, as it may have been passed while the read went on
    return result;
  }

  void requireRetained(long timestamp) {
    if (timestamp < bounds.minSnapshot()) {
      throw outOfRetention();
    }
  }

  static FreshetException outOfRetention() {
    return new FreshetException(
        ErrorClass.OUT_OF_RETENTION,
        "InternalServerError",
        "Your request couldn't be completed. Try again later.");
  }

  RetentionBounds bounds() {
    return bounds;
  }

  /** Refuses older snapshots from now on; returns what is refused altogether. */
  synchronized RetentionBounds raise(RetentionBounds to) {
    bounds = bounds.and(to);
    return bounds;
  }
}
