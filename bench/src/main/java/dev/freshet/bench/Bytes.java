package dev.freshet.bench;

/** Searches in messages that are not worth being parsed. */
final class Bytes {
  private Bytes() {}

  static boolean startsWith(byte[] text, int offset, int length, byte[] part) {
    return length >= part.length && matches(text, offset, part);
  }

  /** How often a part occurs. */
  static int count(byte[] text, int offset, int length, byte[] part) {
    int count = 0;
    for (int i = offset; i <= offset + length - part.length; i++) {
      if (text[i] == part[0] && matches(text, i, part)) {
        count++;
      }
    }
    return count;
  }

  private static boolean matches(byte[] text, int offset, byte[] part) {
    for (int i = 0; i < part.length; i++) {
      if (text[offset + i] != part[i]) {
        return false;
      }
    }
    return true;
  }
}
