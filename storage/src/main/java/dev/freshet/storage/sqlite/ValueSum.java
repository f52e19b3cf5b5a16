package dev.freshet.storage.sqlite;

import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The checksum that stands beside each stored value: CRC-32C. What a disk has changed is seen when
 * it is read, and never shown as data.
 */
final class ValueSum {
  /** Of rows without a value, and of those that were written before there were sums. */
  static final int NONE = 0;

  private ValueSum() {}

  static int of(byte @Nullable [] value) {
    if (value == null) {
      return NONE;
    }
    CRC32C crc = new CRC32C();
    crc.update(value);
    int sum = (int) crc.getValue();
    return sum == NONE ? 1 : sum;
  }

  static boolean fits(int sum, byte @Nullable [] value) {
    return sum == NONE || sum == of(value);
  }
}
