package dev.freshet.values;

/** UTF-8 of strings that hold no lone surrogates. */
final class Utf8 {
  private Utf8() {}

  /** Bytes of the text in UTF-8; -1 if it has a lone surrogate. */
  static int length(String text) {
    int count = text.length();
    int length = count;
    for (int i = 0; i < count; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        if (c < 0x800) {
          length++;
        } else if (!Character.isSurrogate(c)) {
          length += 2;
        } else if (Character.isHighSurrogate(c)
            && i + 1 < count
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          length += 2; // four bytes for two chars
          i++;
        } else {
          return -1;
        }
      }
    }
    return length;
  }

  /** Writes a code point; returns the position after it. */
  static int put(int codePoint, byte[] target, int offset) {
    int at = offset;
    if (codePoint < 0x80) {
      target[at++] = (byte) codePoint;
    } else if (codePoint < 0x800) {
      target[at++] = (byte) (0xc0 | (codePoint >> 6));
      target[at++] = (byte) (0x80 | (codePoint & 0x3f));
    } else if (codePoint < 0x10000) {
      target[at++] = (byte) (0xe0 | (codePoint >> 12));
      target[at++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
      target[at++] = (byte) (0x80 | (codePoint & 0x3f));
    } else {
      target[at++] = (byte) (0xf0 | (codePoint >> 18));
      target[at++] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
      target[at++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
      target[at++] = (byte) (0x80 | (codePoint & 0x3f));
    }
    return at;
  }

  /** The supplementary code point whose first half stands at the index. */
  static int codePointAt(String text, int index) {
    int codePoint = text.codePointAt(index);
    if (codePoint < 0x10000) {
      throw loneSurrogate();
    }
    return codePoint;
  }

  static FreshetException loneSurrogate() {
    return FreshetException.badRequest(
        "InvalidString",
        "Strings must be well-formed Unicode, but one has a lone surrogate (half of a character).");
  }
}
