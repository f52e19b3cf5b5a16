package dev.freshet.database;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * What a transaction read: intervals of index keys (spec 40 §7.1). A commit that writes a key
 * inside one of them changes what the transaction saw. Immutable.
 */
public final class ReadSet {
  public static final ReadSet EMPTY = new ReadSet(Map.of());

  /** Of the set and its empty map. */
  private static final long OWN_BYTES = 80;

  /** Of an index's place in the map, with its number. */
  private static final long INDEX_BYTES = 64;

  private final Map<Long, IntervalSet> indexes;

  /** Takes the map over. */
  private ReadSet(Map<Long, IntervalSet> indexes) {
    this.indexes = indexes;
  }

  static ReadSet copyOf(Map<Long, IntervalSet> indexes) {
    Map<Long, IntervalSet> copy = HashMap.newHashMap(indexes.size());
    indexes.forEach((index, intervals) -> copy.put(index, intervals.copy()));
    return new ReadSet(copy);
  }

  /** The keys that earlier conflicts were about: {@link ConflictException#contended}. */
  public static ReadSet ofContended(Collection<?> contended) {
    Map<Long, IntervalSet> indexes = new HashMap<>();
    for (Object each : contended) {
      if (each instanceof Conflicts.Contended(long index, byte[] key)) {
        byte[] next = Arrays.copyOf(key, key.length + 1);
        indexes.computeIfAbsent(index, _ -> new IntervalSet()).add(key, next);
      }
    }
    return new ReadSet(indexes);
  }

  public boolean isEmpty() {
    return indexes.isEmpty();
  }

  /** How many disjoint intervals it holds. */
  public int size() {
    int count = 0;
    for (IntervalSet intervals : indexes.values()) {
      count += intervals.count();
    }
    return count;
  }

  /** The memory it takes, in bytes. */
  public long heapBytes() {
    long bytes = OWN_BYTES;
    for (IntervalSet intervals : indexes.values()) {
      bytes += INDEX_BYTES + intervals.heapBytes();
    }
    return bytes;
  }

  /** Everything that either read. */
  public ReadSet union(ReadSet other) {
    if (other.isEmpty()) {
      return this;
    }
    Map<Long, IntervalSet> union = HashMap.newHashMap(indexes.size() + other.indexes.size());
    indexes.forEach((index, intervals) -> union.put(index, intervals.copy()));
    other.indexes.forEach(
        (index, intervals) ->
            union.computeIfAbsent(index, _ -> new IntervalSet()).addAll(intervals));
    return new ReadSet(union);
  }

  /** Whether it holds what an earlier conflict was about: {@link ConflictException#contended}. */
  public boolean touches(Object contended) {
    return contended instanceof Conflicts.Contended(long index, byte[] key) && contains(index, key);
  }

  /** Whether one interval holds both keys. */
  boolean hasInOneInterval(long index, byte[] key, byte[] other) {
    IntervalSet intervals = indexes.get(index);
    if (intervals == null) {
      return false;
    }
    int interval = intervals.find(key);
    return interval >= 0 && interval == intervals.find(other);
  }

  boolean contains(long index, byte[] key) {
    IntervalSet intervals = indexes.get(index);
    return intervals != null && intervals.contains(key);
  }

  Map<Long, IntervalSet> indexes() {
    return indexes;
  }
}
