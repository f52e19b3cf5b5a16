package dev.freshet.values;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The string form of document ids (spec 40 §2): {@code base32(vint(tableNumber) ++ internalId ++
 * footer)}, where the footer is a Fletcher-16 checksum of what precedes it, xor the version (0).
 */
final class DocumentIdCodec {
  private static final byte[] ALPHABET =
      "0123456789abcdefghjkmnpqrstvwxyz".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DIGITS = new byte[128];
  private static final int FOOTER = 2;
  private static final int MAX_VARINT = 5;
  private static final int MAX_BINARY = MAX_VARINT + InternalId.LENGTH + FOOTER;
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
    byte[] binary = new byte[MAX_BINARY];
    int length = writeVarint(id.tableNumber(), binary);
    id.internalId().writeTo(binary, length);
    length += InternalId.LENGTH;
    int footer = fletcher16(binary, length);
    binary[length++] = (byte) footer;
    binary[length++] = (byte) (footer >> 8);
    return toBase32(binary, length, target, offset);
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
    byte[] binary = new byte[MAX_BINARY + 1];
    if (!fromBase32(text, binary)) {
      return "ID wasn't valid base32";
    }
    int length = letters * 5 / 8;
    long table = 0;
    int position = 0;
    while (true) {
      if (position == MAX_VARINT || position == length) {
        return "Invalid table number";
      }
      byte b = binary[position];
      table |= (long) (b & 0x7f) << (7 * position);
      position++;
      if (b >= 0) {
        break;
      }
    }
    if (table == 0 || table > 0xffff_ffffL) {
      return "Invalid table number";
    }
    if (position + InternalId.LENGTH + FOOTER != length) {
      return invalidLength(text);
    }
    InternalId internal = InternalId.fromBytes(binary, position);
    int footer = position + InternalId.LENGTH;
    int stored = (binary[footer] & 0xff) | (binary[footer + 1] & 0xff) << 8;
    int version = stored ^ fletcher16(binary, footer);
    if (version != 0) {
      return "Invalid ID version " + version + " (expected 0)";
    }
    DocumentId id = new DocumentId((int) table, internal);
    return encode(id).equals(text) ? id : invalidLength(text);
  }

  private static String invalidLength(String text) {
    return "Invalid ID length " + text.length();
  }

  private static int writeVarint(int value, byte[] target) {
    int length = 0;
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      target[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[length++] = (byte) rest;
    return length;
  }

  private static int fletcher16(byte[] bytes, int length) {
    int c0 = 0;
    int c1 = 0;
    for (int i = 0; i < length; i++) {
      c0 = (c0 + bytes[i]) & 0xff;
      c1 = (c1 + c0) & 0xff;
    }
    return c1 << 8 | c0;
  }

  private static int toBase32(byte[] binary, int length, byte[] target, int offset) {
    int bits = 0;
    int count = 0;
    int at = offset;
    for (int i = 0; i < length; i++) {
      bits = (bits << 8 | (binary[i] & 0xff)) & 0xfff;
      count += 8;
      while (count >= 5) {
        count -= 5;
        target[at++] = ALPHABET[bits >> count & 0x1f];
      }
    }
    if (count > 0) {
      target[at++] = ALPHABET[bits << (5 - count) & 0x1f];
    }
    return at - offset;
  }

  private static boolean fromBase32(String text, byte[] target) {
    int bits = 0;
    int count = 0;
    int at = 0;
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      int digit = letter < 128 ? DIGITS[letter] : -1;
      if (digit < 0) {
        return false;
      }
      bits = (bits << 5 | digit) & 0xfff;
      count += 5;
      if (count >= 8) {
        count -= 8;
        target[at++] = (byte) (bits >> count);
      }
    }
    return true;
  }
}
