package dev.freshet.database;

import dev.freshet.values.DocumentId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The index keys that recent commits wrote, in the order of their timestamps: what read sets are
 * checked against, by the committer (conflicts), the subscriptions (invalidation) and the query
 * cache (refresh).
 *
 * <p>Design. Entries form a linked list whose {@code next} pointers are volatile: whoever holds an
 * entry walks on from there without a lock, and what nobody holds is garbage. A snapshot holds the
 * entry of its commit, so a transaction finds the entries after its snapshot at once. The committer
 * thread alone appends, at the moment a commit gets its timestamp; an entry whose write failed is
 * marked and passed over. {@code byTimestamp} finds the place of a timestamp for those who hold no
 * entry; it is bounded by age and size, and what lies before its first entry is unknown.
 */
final class WriteLog {
  /** The keys of one commit. */
  static final class Entry {
    final long timestamp;
    final WriteSource source;

    /** Index numbers, with the key at the same place in {@link #keys}. */
    final long[] indexes;

    final byte[][] keys;

    /** The document of each key. */
    final Written[] documents;

    volatile @Nullable Entry next;
    volatile boolean failed;

    Entry(long timestamp, WriteSource source, long[] indexes, byte[][] keys, Written[] documents) {
      this.timestamp = timestamp;
      this.source = source;
      this.indexes = indexes;
      this.keys = keys;
      this.documents = documents;
    }

    /** The place of the first key a read set contains; -1 if none. */
    int firstIn(ReadSet reads) {
      for (int i = 0; i < keys.length; i++) {
        if (reads.contains(indexes[i], keys[i])) {
          return i;
        }
      }
      return -1;
    }

    /** The same among the keys of users' tables only, or of system tables only. */
    int firstIn(ReadSet reads, boolean ofUsers) {
      for (int i = 0; i < keys.length; i++) {
        if (documents[i].table().startsWith("_") != ofUsers
            && reads.contains(indexes[i], keys[i])) {
          return i;
        }
      }
      return -1;
    }

    private long size() {
      long size = 100;
      for (byte[] key : keys) {
        size += key.length + 40;
      }
      return size;
    }
  }

  /** Stands for a commit of which it is not known any more what came after it. */
  static final Entry FORGOTTEN =
      new Entry(0, WriteSource.UNKNOWN, new long[0], new byte[0][], new Written[0]);

  /** A document that a commit wrote. */
  record Written(String table, DocumentId id) {}

  /** An entry and the place of the key in it. */
  record Hit(Entry entry, int key) {}

  private final long maxBytes;
  private final long minAgeNanos;
  private final long maxAgeNanos;
  private final ConcurrentSkipListMap<Long, Entry> byTimestamp = new ConcurrentSkipListMap<>();
  private final ArrayDeque<Entry> kept = new ArrayDeque<>();
  private long keptBytes;
  private Entry last;

  WriteLog(long timestamp, Limits limits) {
    maxBytes = limits.get(Limit.WRITE_LOG_SOFT_MAX_SIZE_BYTES);
    minAgeNanos = TimeUnit.SECONDS.toNanos(limits.get(Limit.WRITE_LOG_MIN_RETENTION_SECS));
    maxAgeNanos = TimeUnit.SECONDS.toNanos(limits.get(Limit.WRITE_LOG_MAX_RETENTION_SECS));
    last = new Entry(timestamp, WriteSource.UNKNOWN, new long[0], new byte[0][], new Written[0]);
    byTimestamp.put(timestamp, last);
  }

  /** The newest entry. Committer thread only, or before it runs. */
  Entry last() {
    return last;
  }

  /** Adds the entry of a commit that has just got its timestamp. Committer thread only. */
  void append(Entry entry) {
    byTimestamp.put(entry.timestamp, entry);
    kept.add(entry);
    keptBytes += entry.size();
    last.next = entry;
    last = entry;
    trim(entry.timestamp);
  }

  private void trim(long now) {
    Entry oldest = kept.peek();
    while (oldest != null
        && oldest != last
        && (oldest.timestamp < now - maxAgeNanos
            || (keptBytes > maxBytes && oldest.timestamp < now - minAgeNanos))) {
      kept.poll();
      keptBytes -= oldest.size();
      byTimestamp.headMap(oldest.timestamp, false).clear(); // it stays as the place to start from
      oldest = kept.peek();
    }
  }

  /** The newest entry that is not newer than the timestamp; {@link #FORGOTTEN} if that is gone. */
  Entry at(long timestamp) {
    Map.Entry<Long, Entry> found = byTimestamp.floorEntry(timestamp);
    return found == null ? FORGOTTEN : found.getValue();
  }

  /**
   * The first key after {@code from}, up to and including {@code to}, that a read set contains.
   *
   * @throws dev.freshet.values.FreshetException OUT_OF_RETENTION if that can't be told
   */
  static @Nullable Hit firstConflict(Entry from, long to, ReadSet reads) {
    return firstConflict(from, to, reads, Unpublished.NOTHING);
  }

  /** The same for one who saw what some of these commits wrote to users' tables. */
  static @Nullable Hit firstConflict(Entry from, long to, ReadSet reads, Unpublished seen) {
    if (from == FORGOTTEN) {
      throw ReaderPool.outOfRetention();
    }
    Entry entry = from.next;
    while (entry != null && entry.timestamp <= to) {
      if (!entry.failed) {
        int key = seen.contains(entry) ? entry.firstIn(reads, false) : entry.firstIn(reads);
        if (key >= 0) {
          return new Hit(entry, key);
        }
      }
      entry = entry.next;
    }
    return null;
  }
}
