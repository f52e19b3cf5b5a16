package dev.freshet.values;

import java.util.Base64;

/** Base64 with the standard alphabet; padding is required. */
final class Base64Text {
  private Base64Text() {}

  static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  static byte[] decode(String text) {
    try {
      if (text.length() % 4 == 0) { // the decoder itself would do without padding
        return Base64.getDecoder().decode(text);
      }
    } catch (IllegalArgumentException e) {
      // refused below
    }
    throw FreshetException.badRequest("InvalidValue", "Invalid base64 string");
  }
}
