package dev.freshet.values;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing buffer of JSON text in UTF-8, for composing messages around values and JSON that is
 * already encoded. Punctuation is the caller's: {@code buffer.raw("{\"value\":").value(v,
 * ENCODED).raw('}')}. Not thread-safe; {@link #clear} makes it ready for reuse.
 */
public final class JsonBuffer {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private byte[] bytes;
  private int length;

  public JsonBuffer() {
    this(256);
  }

  public JsonBuffer(int capacity) {
    bytes = new byte[capacity];
  }

  public int length() {
    return length;
  }

  public JsonBuffer clear() {
    length = 0;
    return this;
  }

  /** One ASCII character, as it is. */
  public JsonBuffer raw(char ascii) {
    ensure(1);
    bytes[length++] = (byte) ascii;
    return this;
  }

  /** JSON text, as it is. */
  public JsonBuffer raw(String json) {
    for (int i = 0; i < json.length(); i++) {
      if (json.charAt(i) >= 0x80) {
        return raw(json.getBytes(StandardCharsets.UTF_8));
      }
    }
    ensure(json.length());
    for (int i = 0; i < json.length(); i++) {
      bytes[length++] = (byte) json.charAt(i);
    }
    return this;
  }

  /** JSON text in UTF-8, as it is. */
  public JsonBuffer raw(byte[] json) {
    return raw(json, 0, json.length);
  }

  public JsonBuffer raw(byte[] json, int offset, int count) {
    ensure(count);
    System.arraycopy(json, offset, bytes, length, count);
    length += count;
    return this;
  }

  /** A string literal, quoted and escaped. */
  public JsonBuffer string(String text) {
    int count = text.length();
    ensure(count + 2);
    byte[] target = bytes;
    int at = length;
    target[at++] = '"';
    for (int i = 0; i < count; i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
        length = at;
        stringSlowly(text, i);
        return raw('"');
      }
      target[at++] = (byte) c;
    }
    target[at++] = '"';
    length = at;
    return this;
  }

  /** {@code "name":}, for names that are field names or otherwise strings. */
  public JsonBuffer name(String name) {
    return string(name).raw(':');
  }

  /** A JSON integer. */
  public JsonBuffer integer(long value) {
    ensure(20);
    length = JsonNumbers.append(value, bytes, length);
    return this;
  }

  /** A finite float, always with a point or an exponent. */
  public JsonBuffer number(double value) {
    ensure(JsonNumbers.MAX_LENGTH);
    length = JsonNumbers.append(value, bytes, length);
    return this;
  }

  public JsonBuffer bool(boolean value) {
    return raw(value ? "true" : "false");
  }

  public JsonBuffer value(Value value, JsonFormat format) {
    ValueWriter.write(value, format, this);
    return this;
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  public void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private void stringSlowly(String text, int start) {
    for (int i = start; i < text.length(); i++) {
      ensure(6);
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
        bytes[length++] = (byte) c;
      } else if (c < 0x80) {
        escape(c);
      } else if (!Character.isSurrogate(c)) {
        length = Utf8.put(c, bytes, length);
      } else {
        length = Utf8.put(Utf8.codePointAt(text, i), bytes, length);
        i++;
      }
    }
  }

  private void escape(char c) {
    bytes[length++] = '\\';
    char letter =
        switch (c) {
          case '"' -> '"';
          case '\\' -> '\\';
          case '\n' -> 'n';
          case '\r' -> 'r';
          case '\t' -> 't';
          case '\b' -> 'b';
          case '\f' -> 'f';
          default -> 'u';
        };
    bytes[length++] = (byte) letter;
    if (letter == 'u') {
      bytes[length++] = '0';
      bytes[length++] = '0';
      bytes[length++] = HEX[c >> 4];
      bytes[length++] = HEX[c & 0xf];
    }
  }

  private void ensure(int more) {
    int needed = length + more;
    if (needed > bytes.length || needed < 0) {
      if (needed < 0) {
        throw new OutOfMemoryError("JSON text of more than 2 GiB");
      }
      bytes =
          Arrays.copyOf(
              bytes, (int) Math.min(Math.max(needed, bytes.length * 2L), Integer.MAX_VALUE - 8));
    }
  }
}
