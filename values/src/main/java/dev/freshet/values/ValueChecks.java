package dev.freshet.values;

/** The limits every value is held to, with their codes and texts (spec 40 §1.6). */
public final class ValueChecks {
  private ValueChecks() {}

  /**
   * @throws FreshetException {@code ValueTooLargeError} if the size is above the maximum
   */
  public static void size(long size, long maximum) {
    if (size > maximum) {
      throw FreshetException.badRequest(
          "ValueTooLargeError",
          "Value is too large ("
              + ByteSizes.format(size)
              + " > maximum size "
              + ByteSizes.format(maximum)
              + ")");
    }
  }

  /**
   * @throws FreshetException {@code TooNestedError}
   */
  public static void nesting(int levels, int maximum) {
    if (levels > maximum) {
      throw FreshetException.badRequest(
          "TooNestedError",
          "Value is too nested (nested "
              + levels
              + " levels deep > maximum nesting "
              + maximum
              + ")");
    }
  }

  /**
   * @throws FreshetException {@code TooManyFieldsError}
   */
  public static void fields(int count, int maximum) {
    if (count > maximum) {
      throw FreshetException.badRequest(
          "TooManyFieldsError",
          "Object has too many fields (" + count + " > maximum number " + maximum + ")");
    }
  }

  /**
   * @throws FreshetException {@code ArrayTooLong}
   */
  public static void elements(int count, int maximum) {
    if (count > maximum) {
      throw FreshetException.badRequest(
          "ArrayTooLong",
          "Array length is too long (" + count + " > maximum length " + maximum + ")");
    }
  }
}
