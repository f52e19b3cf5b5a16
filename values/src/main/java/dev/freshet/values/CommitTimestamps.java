package dev.freshet.values;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Puts the timestamp of a commit in the place of the tokens that stand for it (spec 40 §3.4).
 *
 * <p>In encoded JSON a token is always the same text, and that text is nothing else: no field name
 * starts with a dollar sign, and within a string its quotes would be escaped. So tokens are found
 * and replaced without parsing.
 */
public final class CommitTimestamps {
  static final String TOKEN = "{\"$commitTs\":null}";

  private static final byte[] BYTES = TOKEN.getBytes(StandardCharsets.US_ASCII);

  private CommitTimestamps() {}

  /** Whether canonical encoded JSON has a token. */
  public static boolean areIn(byte[] json) {
    return next(json, 0) >= 0;
  }

  /** The JSON with the timestamp as an int64 for each token; the same array if it has none. */
  public static byte[] resolve(byte[] json, long timestamp) {
    int at = next(json, 0);
    if (at < 0) {
      return json;
    }
    byte[] number = ValueJson.writeBytes(Value.of(timestamp), JsonFormat.ENCODED);
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + number.length);
    int copied = 0;
    while (at >= 0) {
      out.write(json, copied, at - copied);
      out.writeBytes(number);
      copied = at + BYTES.length;
      at = next(json, copied);
    }
    out.write(json, copied, json.length - copied);
    return out.toByteArray();
  }

  private static int next(byte[] json, int from) {
    for (int at = from + 2; at < json.length; at++) {
      if (json[at] == '$' && JsonScanner.startsWith(json, at - 2, BYTES)) {
        return at - 2;
      }
    }
    return -1;
  }
}
