package dev.freshet.values;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The string form of document ids (spec 40 §2): {@code base32(vint(tableNumber) ++ internalId ++
 * footer)}, where the footer is a Fletcher-16 checksum of what precedes it, xor the version (0).
 *
 * <p>Neither way takes an array of its own: encoding lays the bytes out at the far end of the
 * target and spells them from there, decoding sorts each byte into its place as it comes.
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
    DocumentId id = tryDecode(text);
    if (id == null) {
      throw FreshetException.badRequest("InvalidId", "Unable to decode ID: " + objection(text));
    }
    return id;
  }

  static @Nullable DocumentId tryDecode(String text) {
    int letters = text.length();
    int length = letters * 5 / 8;
    if (letters < MIN_TEXT || letters > MAX_TEXT || letters != (length * 8 + 4) / 5) {
      return null;
    }
    int footer = length - FOOTER;
    int internal = footer - InternalId.LENGTH;
    long table = 0;
    long high = 0;
    long low = 0;
    int checksum = 0; // the two sums of Fletcher-16, then the footer is taken off
    int bits = 0;
    int count = 0;
    int at = 0;
    for (int i = 0; i < letters; i++) {
      int digit = digit(text, i);
      if (digit < 0) {
        return null;
      }
      bits = (bits << 5 | digit) & 0xfff;
      count += 5;
      if (count < 8) {
        continue;
      }
      count -= 8;
      int b = bits >> count & 0xff;
      if (at < internal) {
        if (at < internal - 1 ? b < 0x80 : b == 0 || b >= 0x80) {
          return null; // the table's number ends elsewhere, or could be shorter
        }
        table |= (long) (b & 0x7f) << (7 * at);
      } else if (at < footer) {
        high = high << 8 | low >>> 56;
        low = low << 8 | b;
      } else {
        checksum ^= b << (8 * (at - footer));
      }
      if (at < footer) {
        checksum = added(checksum, b);
      }
      at++;
    }
    boolean canonical = checksum == 0 && (bits & (1 << count) - 1) == 0;
    return canonical && table <= 0xffff_ffffL
        ? new DocumentId((int) table, new InternalId(high, low))
        : null;
  }

  /** Why a text is no id. */
  private static String objection(String text) {
    int letters = text.length();
    if (letters < MIN_TEXT || letters > MAX_TEXT) {
      return invalidLength(text);
    }
    if (!isBase32(text)) {
      return "ID wasn't valid base32";
    }
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
    int footer = position + InternalId.LENGTH;
    if (footer + FOOTER != letters * 5 / 8) {
      return invalidLength(text);
    }
    int checksum = byteAt(text, footer) | byteAt(text, footer + 1) << 8;
    int version = checksum ^ fletcher16(text, footer);
    return version != 0
        ? "Invalid ID version " + version + " (expected 0)"
        : invalidLength(text); // another spelling of an id
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
    int sums = 0;
    for (int i = start; i < end; i++) {
      sums = added(sums, bytes[i]);
    }
    return sums;
  }

  /** Of the first bytes that the letters spell. */
  private static int fletcher16(String text, int length) {
    int sums = 0;
    for (int i = 0; i < length; i++) {
      sums = added(sums, byteAt(text, i));
    }
    return sums;
  }

  /** The two sums of Fletcher-16 with one more byte, the second in the high byte. */
  private static int added(int sums, int b) {
    int first = (sums + b) & 0xff;
    int second = ((sums >> 8) + first) & 0xff;
    return second << 8 | first;
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
      if (digit(text, i) < 0) {
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

  /** What a letter stands for: -1 for nothing, 0 behind the end. */
  private static int digit(String text, int index) {
    if (index >= text.length()) {
      return 0;
    }
    char letter = text.charAt(index);
    return letter < DIGITS.length ? DIGITS[letter] : -1;
  }
}
