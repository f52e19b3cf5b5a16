package dev.freshet.values;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The string form of document ids (spec 40 §2): {@code base32(vint(tableNumber) ++ internalId ++
 * footer)}, where the footer is a Fletcher-16 checksum of what precedes it, xor the version (0).
 *
 * <p>Neither way takes an array of its own: encoding lays the bytes out at the far end of the
 * target and spells them from there, decoding picks each byte out of its letters.
 */
final class DocumentIdCodec {
  private static final byte[] ALPHABET =
      "0123456789abcdefghjkmnpqrstvwxyz".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DIGITS = new byte[128];
  private static final int FOOTER = 2;
  private static final int MAX_VARINT = 5;
  private static final int MIN_TEXT = 31;

  /** Letters of the longest id. */
  static final int MAX_TEXT = 37;

  static {
    Arrays.fill(DIGITS, (byte) -1);
    for (int i = 0; i < ALPHABET.length; i++) {
      DIGITS[ALPHABET[i]] = (byte) i;
    }
  }

  private DocumentIdCodec() {}

  static String encode(DocumentId id) {
    byte[] text = new byte[MAX_TEXT];
    int length = encode(id, text, 0);
    return new String(text, 0, length, StandardCharsets.ISO_8859_1);
  }

  /** Writes the id's letters; returns how many. There must be room for {@link #MAX_TEXT}. */
  static int encode(DocumentId id, byte[] target, int offset) {
    int length = varintLength(id.tableNumber()) + InternalId.LENGTH + FOOTER;
    int start = offset + MAX_TEXT - length; // the letters never catch up with what is still unread
    int at = writeVarint(id.tableNumber(), target, start);
    id.internalId().writeTo(target, at);
    at += InternalId.LENGTH;
    int footer = fletcher16(target, start, at);
    target[at++] = (byte) footer;
    target[at++] = (byte) (footer >> 8);
    return toBase32(target, start, at, offset) - offset;
  }

  static DocumentId decode(String text) {
    Object result = read(text);
    if (result instanceof DocumentId id) {
      return id;
    }
    throw FreshetException.badRequest("InvalidId", "Unable to decode ID: " + result);
  }

  static @Nullable DocumentId tryDecode(String text) {
    if (text.length() < MIN_TEXT || text.length() > MAX_TEXT) {
      return null; // the common case of a string that is no id, without building a message
    }
    return read(text) instanceof DocumentId id ? id : null;
  }

  /** The id, or the reason why there is none. */
  private static Object read(String text) {
    int letters = text.length();
    if (letters < MIN_TEXT || letters > MAX_TEXT) {
      return invalidLength(text);
    }
    if (!isBase32(text)) {
      return "ID wasn't valid base32";
    }
    int length = letters * 5 / 8;
    long table = 0;
    int position = 0;
    int last;
    do {
      if (position == MAX_VARINT) {
        return "Invalid table number";
      }
      last = byteAt(text, position);
      table |= (long) (last & 0x7f) << (7 * position);
      position++;
    } while (last >= 0x80);
    if (table == 0 || table > 0xffff_ffffL) {
      return "Invalid table number";
    }
    if (position + InternalId.LENGTH + FOOTER != length) {
      return invalidLength(text);
    }
    int footer = position + InternalId.LENGTH;
    int stored = byteAt(text, footer) | byteAt(text, footer + 1) << 8;
    int version = stored ^ fletcher16(text, footer);
    if (version != 0) {
      return "Invalid ID version " + version + " (expected 0)";
    }
    boolean canonical = last != 0 && letters == (length * 8 + 4) / 5 && byteAt(text, length) == 0;
    return canonical
        ? new DocumentId(
            (int) table, new InternalId(longAt(text, position), longAt(text, position + 8)))
        : invalidLength(text);
  }

  private static String invalidLength(String text) {
    return "Invalid ID length " + text.length();
  }

  private static int varintLength(int value) {
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
  }

  private static int writeVarint(int value, byte[] target, int offset) {
    int at = offset;
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      target[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[at++] = (byte) rest;
    return at;
  }

  private static int fletcher16(byte[] bytes, int start, int end) {
    int c0 = 0;
    int c1 = 0;
    for (int i = start; i < end; i++) {
      c0 = (c0 + bytes[i]) & 0xff;
      c1 = (c1 + c0) & 0xff;
    }
    return c1 << 8 | c0;
  }

  /** Of the first bytes that the letters spell. */
  private static int fletcher16(String text, int length) {
    int c0 = 0;
    int c1 = 0;
    for (int i = 0; i < length; i++) {
      c0 = (c0 + byteAt(text, i)) & 0xff;
      c1 = (c1 + c0) & 0xff;
    }
    return c1 << 8 | c0;
  }

  /** Spells bytes that stand in the same array, behind the letters; returns where these end. */
  private static int toBase32(byte[] bytes, int start, int end, int offset) {
    int bits = 0;
    int count = 0;
    int at = offset;
    for (int i = start; i < end; i++) {
      bits = (bits << 8 | (bytes[i] & 0xff)) & 0xfff;
      count += 8;
      while (count >= 5) {
        count -= 5;
        bytes[at++] = ALPHABET[bits >> count & 0x1f];
      }
    }
    if (count > 0) {
      bytes[at++] = ALPHABET[bits << (5 - count) & 0x1f];
    }
    return at;
  }

  private static boolean isBase32(String text) {
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      if (letter >= 128 || DIGITS[letter] < 0) {
        return false;
      }
    }
    return true;
  }

  /** A byte that the letters spell; what they don't reach is zero. */
  private static int byteAt(String text, int index) {
    int bit = index * 8;
    int letter = bit / 5;
    int fifteen =
        digit(text, letter) << 10 | digit(text, letter + 1) << 5 | digit(text, letter + 2);
    return fifteen >> (7 - bit % 5) & 0xff;
  }

  private static int digit(String text, int letter) {
    return letter < text.length() ? DIGITS[text.charAt(letter)] : 0;
  }

  private static long longAt(String text, int index) {
    long value = 0;
    for (int i = index; i < index + 8; i++) {
      value = value << 8 | byteAt(text, i);
    }
    return value;
  }
}
