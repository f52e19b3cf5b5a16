package dev.freshet.database;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Disjoint half-open intervals of index keys, in order; neighbours that touch are one. A null end
 * is above every key. Mutable, not thread-safe.
 */
final class IntervalSet {
  private byte[][] starts;
  private byte[] @Nullable [] ends;
  private int count;

  IntervalSet() {
    starts = new byte[4][];
    ends = new byte[4][];
  }

  private IntervalSet(IntervalSet other) {
    starts = Arrays.copyOf(other.starts, Math.max(other.count, 1));
    ends = Arrays.copyOf(other.ends, Math.max(other.count, 1));
    count = other.count;
  }

  IntervalSet copy() {
    return new IntervalSet(this);
  }

  int count() {
    return count;
  }

  byte[] start(int i) {
    return starts[i];
  }

  byte @Nullable [] end(int i) {
    return ends[i];
  }

  /** Adds {@code [start, end)}; an empty interval adds nothing. */
  void add(byte[] start, byte @Nullable [] end) {
    if (end != null && Arrays.compareUnsigned(start, end) >= 0) {
      return;
    }
    int from = firstTouching(start);
    int to = from; // [from, to) are the intervals that the new one swallows
    byte[] newStart = start;
    byte[] newEnd = end;
    while (to < count && (newEnd == null || Arrays.compareUnsigned(starts[to], newEnd) <= 0)) {
      if (Arrays.compareUnsigned(starts[to], newStart) < 0) {
        newStart = starts[to];
      }
      byte[] otherEnd = ends[to];
      if (newEnd != null && (otherEnd == null || Arrays.compareUnsigned(otherEnd, newEnd) > 0)) {
        newEnd = otherEnd;
      }
      to++;
    }
    replace(from, to, newStart, newEnd);
  }

  private void replace(int from, int to, byte[] start, byte @Nullable [] end) {
    int shift = 1 - (to - from);
    if (count + shift > starts.length) {
      starts = Arrays.copyOf(starts, starts.length * 2);
      ends = Arrays.copyOf(ends, starts.length);
    }
    if (shift != 0) {
      System.arraycopy(starts, to, starts, to + shift, count - to);
      System.arraycopy(ends, to, ends, to + shift, count - to);
      count += shift;
    }
    starts[from] = start;
    ends[from] = end;
  }

  /** The first interval whose end is at or above the key. */
  private int firstTouching(byte[] key) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      byte[] end = ends[middle];
      if (end != null && Arrays.compareUnsigned(end, key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  boolean contains(byte[] key) {
    return find(key) >= 0;
  }

  /** The place of the interval that holds the key; -1 if none does. */
  int find(byte[] key) {
    int low = 0;
    int high = count - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(starts[middle], key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    if (high < 0) {
      return -1;
    }
    byte[] end = ends[high];
    return end == null || Arrays.compareUnsigned(key, end) < 0 ? high : -1;
  }

  /** The memory it takes: its object, two arrays and the keys in them. */
  long heapBytes() {
    long bytes = 24 + 2 * array(4L * starts.length);
    for (int i = 0; i < count; i++) {
      byte[] end = ends[i];
      bytes += array(starts[i].length) + (end == null ? 0 : array(end.length));
    }
    return bytes;
  }

  private static long array(long contentBytes) {
    return (16 + contentBytes + 7) & ~7L;
  }

  void addAll(IntervalSet other) {
    for (int i = 0; i < other.count; i++) {
      add(other.starts[i], other.ends[i]);
    }
  }
}
