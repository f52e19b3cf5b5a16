package dev.freshet.values;

/**
 * The ways values are written as JSON (spec 10 §11, 40 §1.1). They differ in int64, bytes and the
 * floats JSON has no number for; finite floats always carry a point or an exponent.
 */
public enum JsonFormat {
  /** Lossless, understood by every client: {@code $integer}, {@code $float}, {@code $bytes}. */
  ENCODED,
  /** Lossy, for people: int64 and special floats as strings, bytes as base64 strings. */
  CLEAN,
  /** For export: int64 as JSON integers, {@code $float} for the non-finite, {@code $bytes}. */
  EXPORT;

  /**
   * The format a {@code format} parameter names.
   *
   * @throws FreshetException {@code BadFormat}
   */
  public static JsonFormat named(String name) {
    return switch (name) {
      case "json", "convex_clean_json" -> CLEAN;
      case "convex_encoded_json", "convex_json" -> ENCODED;
      case "export_json" -> EXPORT;
      default ->
          throw FreshetException.badRequest(
              "BadFormat", "format param must be one of [`json`]. Got " + name);
    };
  }
}
