package dev.freshet.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds JSON as UTF-8 bytes: values that are JSON already are spliced in as they are. */
final class JsonSink {
  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);
  private static final byte[] REPLACEMENT = "\uFFFD".getBytes(UTF_8);

  private byte[] buffer;
  private int length;

  JsonSink(int expectedSize) {
    buffer = new byte[Math.max(64, expectedSize)];
  }

  /** Appends JSON text made of ASCII. */
  JsonSink raw(String ascii) {
    int size = ascii.length();
    ensure(size);
    for (int i = 0; i < size; i++) {
      buffer[length + i] = (byte) ascii.charAt(i);
    }
    length += size;
    return this;
  }

  JsonSink raw(byte[] json) {
    ensure(json.length);
    System.arraycopy(json, 0, buffer, length, json.length);
    length += json.length;
    return this;
  }

  JsonSink number(long number) {
    return raw(Long.toString(number));
  }

  JsonSink string(@Nullable String text) {
    if (text == null) {
      return raw("null");
    }
    ensure(text.length() + 2);
    put('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x80) {
        if (c == '"' || c == '\\') {
          put('\\');
        }
        put(c);
      } else if (c < 0x20) {
        raw("\\u00");
        put(HEX[c >> 4]);
        put(HEX[c & 15]);
      } else {
        i += wide(text, i);
      }
    }
    put('"');
    return this;
  }

  JsonSink strings(List<String> texts) {
    raw("[");
    for (int i = 0; i < texts.size(); i++) {
      if (i > 0) {
        put(',');
      }
      string(texts.get(i));
    }
    return raw("]");
  }

  byte[] toByteArray() {
    return length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
  }

  /** Appends the character beyond ASCII at {@code i}; returns how many further chars it took. */
  private int wide(String text, int i) {
    char c = text.charAt(i);
    ensure(4);
    if (c < 0x800) {
      put(0xC0 | (c >> 6));
      put(0x80 | (c & 0x3F));
      return 0;
    }
    if (Character.isHighSurrogate(c)
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1))) {
      int point = Character.toCodePoint(c, text.charAt(i + 1));
      put(0xF0 | (point >> 18));
      put(0x80 | ((point >> 12) & 0x3F));
      put(0x80 | ((point >> 6) & 0x3F));
      put(0x80 | (point & 0x3F));
      return 1;
    }
    if (Character.isSurrogate(c)) {
      raw(REPLACEMENT);
      return 0;
    }
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
    return 0;
  }

  private void put(int b) {
    if (length == buffer.length) {
      ensure(1);
    }
    buffer[length++] = (byte) b;
  }

  private void ensure(int more) {
    if (buffer.length - length < more) {
      buffer = Arrays.copyOf(buffer, Math.max(length + more, buffer.length + (buffer.length >> 1)));
    }
  }
}
