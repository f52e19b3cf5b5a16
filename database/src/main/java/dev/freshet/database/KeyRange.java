package dev.freshet.database;

import dev.freshet.values.SortKey;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A half-open interval of index keys.
 *
 * @param start the first key
 * @param end the key after the last; null: none
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record KeyRange(byte[] start, byte @Nullable [] end) {
  static final KeyRange ALL = new KeyRange(new byte[0], null);

  /** One key. */
  static KeyRange of(byte[] key) {
    return new KeyRange(key, IndexKeys.successor(key));
  }

  /** All keys that start with a prefix. */
  static KeyRange prefix(byte[] prefix) {
    return new KeyRange(prefix, SortKey.increment(prefix));
  }

  boolean isEmpty() {
    return end != null && Arrays.compareUnsigned(start, end) >= 0;
  }
}
