package dev.freshet.values;

/** The payloads of {@code $integer}, {@code $float} and {@code $bytes} (spec 40 §1.1). */
final class SpecialValues {
  private SpecialValues() {}

  static Value decode(String name, byte[] payload) {
    return switch (name) {
      case "$integer" -> Value.of(littleEndian(payload, "Int64"));
      case "$float" -> special(Double.longBitsToDouble(littleEndian(payload, "Float64")));
      default -> new Value.BytesValue(payload);
    };
  }

  private static Value special(double number) {
    if (Double.isFinite(number) && number != 0) {
      throw FreshetException.badRequest(
          "InvalidValue",
          "Float64 " + ValueText.print(Value.of(number)) + " should be encoded as a number");
    }
    return Value.of(number);
  }

  static long littleEndian(byte[] payload, String type) {
    if (payload.length != 8) {
      throw FreshetException.badRequest("InvalidValue", type + " must be exactly eight bytes");
    }
    long bits = 0;
    for (int i = 7; i >= 0; i--) {
      bits = bits << 8 | (payload[i] & 0xff);
    }
    return bits;
  }
}
