package dev.freshet.values;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

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

  private static final long MILLIS_PER_DAY = 86_400_000;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** A new id: 14 random bytes, then the days since the Unix epoch, big endian. */
  public static InternalId random(RandomGenerator random, long unixMillis) {
    long days = Math.floorDiv(unixMillis, MILLIS_PER_DAY);
    return new InternalId(random.nextLong(), random.nextLong() << 16 | (days & 0xffff));
  }

  /** Reads the binary form; the array has exactly {@link #LENGTH} bytes. */
  public static InternalId fromBytes(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("an internal id has 16 bytes, not " + bytes.length);
    }
    return fromBytes(bytes, 0);
  }

  public static InternalId fromBytes(byte[] bytes, int offset) {
    return new InternalId((long) LONGS.get(bytes, offset), (long) LONGS.get(bytes, offset + 8));
  }

  /** Reads what {@link #toString} writes. */
  public static InternalId parse(String text) {
    return fromBytes(Base64.getUrlDecoder().decode(text));
  }

  /** Reads what {@link #toString} writes; null for anything else. */
  public static @Nullable InternalId tryParse(String text) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      InternalId id = bytes.length == LENGTH ? fromBytes(bytes, 0) : null;
      return id != null && id.toString().equals(text) ? id : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  public byte[] toBytes() {
    byte[] bytes = new byte[LENGTH];
    writeTo(bytes, 0);
    return bytes;
  }

  public void writeTo(byte[] target, int offset) {
    LONGS.set(target, offset, high);
    LONGS.set(target, offset + 8, low);
  }

  @Override
  public int compareTo(InternalId other) {
    int order = Long.compareUnsigned(high, other.high);
    return order != 0 ? order : Long.compareUnsigned(low, other.low);
  }

  /** URL-safe base64 without padding, 22 characters. */
  @Override
  public String toString() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(toBytes());
  }
}
