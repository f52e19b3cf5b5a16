package dev.freshet.values;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Steps over canonical JSON text (as {@link ValueWriter} writes it) without building anything. The
 * text is trusted; where it is broken, an IndexOutOfBoundsException ends the walk.
 */
final class JsonScanner {
  private static final byte[] INTEGER = "{\"$integer\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long QUOTES = 0x2222_2222_2222_2222L;
  private static final long BACKSLASHES = 0x5c5c_5c5c_5c5c_5c5cL;
  private static final int INTEGER_DIGITS = 12;
  private static final int MAX_EXACT_DIGITS = 15;

  private JsonScanner() {}

  /** The position after the string whose opening quote is at the position. */
  static int stringEnd(byte[] json, int offset) {
    int at = offset + 1;
    while (true) {
      at = plainEnd(json, at);
      byte b = json[at];
      if (b == '"') {
        return at + 1;
      }
      at += b == '\\' ? 2 : 1;
    }
  }

  /** Skips eight bytes at a time what is neither a quote nor a backslash. */
  private static int plainEnd(byte[] json, int offset) {
    int at = offset;
    while (at + 8 <= json.length) {
      long eight = (long) LONGS.get(json, at);
      long found = zeroBytes(eight ^ QUOTES) | zeroBytes(eight ^ BACKSLASHES);
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >>> 3);
      }
      at += 8;
    }
    return at;
  }

  /** The high bit of every byte that is zero; bits above the lowest of them may be wrong. */
  private static long zeroBytes(long bytes) {
    return (bytes - 0x0101_0101_0101_0101L) & ~bytes & 0x8080_8080_8080_8080L;
  }

  /** Bytes in UTF-8 of the string whose content is written between the positions. */
  static int decodedLength(byte[] json, int start, int end) {
    int length = end - start;
    for (int at = plainEnd(json, start); at < end; at = plainEnd(json, at)) {
      if (json[at] == '\\') { // only control characters are written by number
        boolean byNumber = json[at + 1] == 'u';
        length -= byNumber ? 5 : 1;
        at++;
      }
      at++;
    }
    return length;
  }

  /** Bytes that the base64 text spells whose closing quote is at the position. */
  static int payloadLength(byte[] json, int closingQuote) {
    int start = closingQuote;
    while (json[start - 1] != '"') {
      start--;
    }
    int padding = 0;
    while (json[closingQuote - 1 - padding] == '=') {
      padding++;
    }
    return (closingQuote - start) / 4 * 3 - padding;
  }

  /** The position after the value that starts at the position. */
  static int valueEnd(byte[] json, int offset) {
    return switch (json[offset]) {
      case '"' -> stringEnd(json, offset);
      case '{', '[' -> containerEnd(json, offset + 1);
      default -> scalarEnd(json, offset);
    };
  }

  /** The position after the innermost container that is open at the position. */
  static int containerEnd(byte[] json, int offset) {
    int depth = 1;
    int at = offset;
    while (true) {
      switch (json[at]) {
        case '"' -> at = stringEnd(json, at);
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          at++;
          if (--depth == 0) {
            return at;
          }
        }
        default -> at++;
      }
    }
  }

  private static int scalarEnd(byte[] json, int offset) {
    int at = offset;
    while (at < json.length) {
      byte b = json[at];
      if (b == ',' || b == '}' || b == ']') {
        break;
      }
      at++;
    }
    return at;
  }

  /** The value that is written between the positions. */
  static Value decode(byte[] json, int start, int end) {
    return switch (json[start]) {
      case '"' -> string(json, start, end);
      case 't' -> Value.BooleanValue.TRUE;
      case 'f' -> Value.BooleanValue.FALSE;
      case 'n' -> Value.NullValue.NULL;
      case '[' -> ValueJson.parseStored(json, start, end - start);
      case '{' -> object(json, start, end);
      default -> Value.of(number(json, start, end));
    };
  }

  /** Whether there is a backslash between the positions. */
  static boolean hasEscape(byte[] json, int start, int end) {
    for (int i = start; i < end; i++) {
      if (json[i] == '\\') {
        return true;
      }
    }
    return false;
  }

  private static Value string(byte[] json, int start, int end) {
    if (hasEscape(json, start + 1, end - 1)) {
      return ValueJson.parseStored(json, start, end - start);
    }
    return Value.of(new String(json, start + 1, end - start - 2, StandardCharsets.UTF_8));
  }

  private static Value object(byte[] json, int start, int end) {
    if (end - start == INTEGER.length + INTEGER_DIGITS + 2 && startsWith(json, start, INTEGER)) {
      int digits = start + INTEGER.length;
      return Value.of(int64(json, digits));
    }
    return ValueJson.parseStored(json, start, end - start);
  }

  /** The number that the 12 base64 digits at the position spell, least significant byte first. */
  static long int64(byte[] json, int offset) {
    byte[] digits = new byte[INTEGER_DIGITS];
    System.arraycopy(json, offset, digits, 0, INTEGER_DIGITS);
    byte[] bytes = Base64.getDecoder().decode(digits);
    return SpecialValues.littleEndian(bytes, "Int64");
  }

  static boolean startsWith(byte[] json, int offset, byte[] prefix) {
    if (offset + prefix.length > json.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (json[offset + i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  static double number(byte[] json, int start, int end) {
    boolean negative = json[start] == '-';
    int first = negative ? start + 1 : start;
    int digits = end - 2 - first; // of a whole number: 123.0
    if (digits > 0 && digits <= MAX_EXACT_DIGITS && json[end - 1] == '0' && json[end - 2] == '.') {
      long whole = 0;
      for (int i = first; i < end - 2; i++) {
        int digit = json[i] - '0';
        if (digit < 0 || digit > 9) {
          return slowNumber(json, start, end);
        }
        whole = whole * 10 + digit;
      }
      return negative ? -(double) whole : whole;
    }
    return slowNumber(json, start, end);
  }

  private static double slowNumber(byte[] json, int start, int end) {
    return Double.parseDouble(new String(json, start, end - start, StandardCharsets.ISO_8859_1));
  }
}
