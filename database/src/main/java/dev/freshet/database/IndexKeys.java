package dev.freshet.database;

import dev.freshet.values.InternalId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of index keys (spec 40 §1.3, §5.5): the sort keys of the indexed fields, then the 16
 * bytes of the internal id, which make a key unique. {@code by_id} has the internal id alone;
 * inside one table that is the order of the encoded ids, too.
 */
final class IndexKeys {
  private IndexKeys() {}

  static byte[] withId(byte[] values, InternalId id) {
    byte[] key = Arrays.copyOf(values, values.length + InternalId.LENGTH);
    id.writeTo(key, values.length);
    return key;
  }

  /** The smallest key above this one. */
  static byte[] successor(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }

  /** The smallest internal id whose {@code by_id} key is at or above a bound; null if none is. */
  static @Nullable InternalId idAtOrAbove(byte[] bound) {
    InternalId id = InternalId.fromBytes(Arrays.copyOf(bound, InternalId.LENGTH));
    if (bound.length <= InternalId.LENGTH) {
      return id;
    }
    if (id.low() != -1) {
      return new InternalId(id.high(), id.low() + 1);
    }
    return id.high() == -1 ? null : new InternalId(id.high() + 1, 0);
  }
}
