package dev.freshet.values;

/**
 * Numbers in JSON: the shortest digits that give the same double back, in positional notation for
 * exponents people write out (as JavaScript does below 1e16), else with an exponent.
 */
final class JsonNumbers {
  /** Bytes that a number takes at most. */
  static final int MAX_LENGTH = 32;

  private static final double EXACT = 1e15;
  private static final int POSITIONAL_MIN = -5;
  private static final int POSITIONAL_MAX = 16;

  private JsonNumbers() {}

  /** Writes a finite double; returns the position after it. */
  static int append(double value, byte[] target, int offset) {
    if (value > -EXACT && value < EXACT) {
      long whole = (long) value;
      if (whole == value && (whole != 0 || Double.doubleToRawLongBits(value) == 0)) {
        int at = append(whole, target, offset);
        target[at++] = '.';
        target[at++] = '0';
        return at;
      }
    }
    String text = Double.toString(value);
    int exponentAt = text.indexOf('E');
    if (exponentAt < 0) {
      return put(text, 0, text.length(), target, offset);
    }
    return scientific(text, exponentAt, target, offset);
  }

  static int append(long value, byte[] target, int offset) {
    if (value < 0 || value > 9_999_999_999L) {
      String text = Long.toString(value);
      return put(text, 0, text.length(), target, offset);
    }
    long rest = value;
    int length = 1;
    for (long power = 10; power <= value; power *= 10) {
      length++;
    }
    for (int at = offset + length - 1; at >= offset; at--) {
      target[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return offset + length;
  }

  /** Lays out {@code d.dddEx} of {@link Double#toString(double)} anew. */
  private static int scientific(String text, int exponentAt, byte[] target, int offset) {
    int at = offset;
    int start = 0;
    if (text.charAt(0) == '-') {
      target[at++] = '-';
      start = 1;
    }
    int end = exponentAt;
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    int fraction = end - start - 2; // digits after the point, without trailing zeros
    int exponent = Integer.parseInt(text, exponentAt + 1, text.length(), 10);
    if (exponent >= 0 && exponent < POSITIONAL_MAX) {
      target[at++] = (byte) text.charAt(start);
      for (int i = 0; i < Math.max(exponent, fraction); i++) {
        if (i == exponent) {
          target[at++] = '.';
        }
        target[at++] = (byte) (i < fraction ? text.charAt(start + 2 + i) : '0');
      }
      return fraction > exponent ? at : put(".0", 0, 2, target, at);
    }
    if (exponent < 0 && exponent >= POSITIONAL_MIN) {
      at = put("0.", 0, 2, target, at);
      for (int i = exponent + 1; i < 0; i++) {
        target[at++] = '0';
      }
      target[at++] = (byte) text.charAt(start);
      return put(text, start + 2, start + 2 + fraction, target, at);
    }
    at = put(text, start, fraction > 0 ? end : start + 1, target, at);
    target[at++] = 'e';
    return put(text, exponentAt + 1, text.length(), target, at);
  }

  private static int put(String text, int start, int end, byte[] target, int offset) {
    int at = offset;
    for (int i = start; i < end; i++) {
      target[at++] = (byte) text.charAt(i);
    }
    return at;
  }
}
