package dev.freshet.database;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When each table was last written since the database was opened. Noted before the snapshot of the
 * commit is published, so whoever sees a commit sees this, too. Thread-safe.
 */
final class LastWrites {
  private final long openedAt;
  private final Map<Long, Long> timestamps = new ConcurrentHashMap<>();

  LastWrites(long openedAt) {
    this.openedAt = openedAt;
  }

  /** Whether all that was written after a timestamp is known. */
  boolean isKnownSince(long timestamp) {
    return timestamp >= openedAt;
  }

  void written(long table, long timestamp) {
    timestamps.put(table, timestamp);
  }

  /** The last commit that wrote the table; 0: none since the opening. */
  long of(long table) {
    return timestamps.getOrDefault(table, 0L);
  }
}
