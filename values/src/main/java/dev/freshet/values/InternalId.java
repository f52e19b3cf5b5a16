package dev.freshet.values;

/**
 * The 16 bytes that name a document inside its table: 14 random bytes and the day of creation (spec
 * 40 §2). Ordered as unsigned bytes.
 *
 * @param high the first 8 bytes, big endian
 * @param low the last 8 bytes, big endian
 */
public record InternalId(long high, long low) implements Comparable<InternalId> {
  /** Bytes of the binary form. */
  public static final int LENGTH = 16;

  @Override
  public int compareTo(InternalId other) {
    int order = Long.compareUnsigned(high, other.high);
    return order != 0 ? order : Long.compareUnsigned(low, other.low);
  }
}
