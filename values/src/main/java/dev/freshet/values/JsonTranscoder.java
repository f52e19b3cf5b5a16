package dev.freshet.values;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Turns canonical encoded JSON into another format by copying it, except for the objects that spell
 * an int64, a float or bytes. Outside of strings, these are the only objects whose first name
 * starts with a dollar sign.
 */
final class JsonTranscoder {
  private static final byte[] INTEGER = "{\"$integer\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FLOAT = "{\"$float\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BYTES = "{\"$bytes\":\"".getBytes(StandardCharsets.US_ASCII);

  private JsonTranscoder() {}

  static void convert(byte[] json, int offset, int length, JsonFormat format, JsonBuffer out) {
    int end = offset + length;
    int copied = offset;
    int at = offset;
    while (format != JsonFormat.ENCODED && at < end) {
      byte b = json[at];
      if (b == '"') {
        at = JsonScanner.stringEnd(json, at);
      } else if (b == '{' && json[at + 1] == '"' && json[at + 2] == '$') {
        out.raw(json, copied, at - copied);
        at = special(json, at, format, out);
        copied = at;
      } else {
        at++;
      }
    }
    out.raw(json, copied, end - copied);
  }

  private static int special(byte[] json, int start, JsonFormat format, JsonBuffer out) {
    if (JsonScanner.startsWith(json, start, INTEGER)) {
      int payload = start + INTEGER.length;
      int end = JsonScanner.stringEnd(json, payload - 1);
      ValueWriter.int64(JsonScanner.int64(json, payload), format, out);
      return end + 1;
    }
    if (JsonScanner.startsWith(json, start, BYTES)) {
      int payload = start + BYTES.length;
      int end = JsonScanner.stringEnd(json, payload - 1);
      if (format == JsonFormat.CLEAN) {
        out.raw(json, payload - 1, end - payload + 1);
      } else {
        out.raw(json, start, end + 1 - start);
      }
      return end + 1;
    }
    if (JsonScanner.startsWith(json, start, FLOAT)) {
      int payload = start + FLOAT.length;
      int end = JsonScanner.stringEnd(json, payload - 1);
      byte[] digits = new byte[end - 1 - payload];
      System.arraycopy(json, payload, digits, 0, digits.length);
      long bits = SpecialValues.littleEndian(Base64.getDecoder().decode(digits), "Float64");
      ValueWriter.float64(Double.longBitsToDouble(bits), format, out);
      return end + 1;
    }
    throw FreshetException.internal("the JSON to convert is not canonical", null);
  }
}
