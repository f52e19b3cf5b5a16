package dev.freshet.server;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/** Timestamps and versions on the wire: 8 little-endian bytes in base64. */
final class WireTimestamp {
  private WireTimestamp() {}

  static String encode(long timestamp) {
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(timestamp).array();
    return Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * @throws IllegalArgumentException if the text is not 8 bytes in base64
   */
  static long decode(String text) {
    byte[] bytes = Base64.getDecoder().decode(text);
    if (bytes.length != Long.BYTES) {
      throw new IllegalArgumentException("not 8 bytes");
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }
}
