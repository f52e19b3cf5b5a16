package dev.freshet.values;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The one exception type that crosses module borders: a machine-readable code, a class, and a
 * sentence for people. The code and the fragments of the message that clients match are protocol;
 * see the specification section named where the exception is thrown.
 */
public class FreshetException extends RuntimeException {
  private final ErrorClass errorClass;
  private final String code;
  private final transient @Nullable Value data;

  public FreshetException(ErrorClass errorClass, String code, String message) {
    this(errorClass, code, message, null, null);
  }

  public FreshetException(
      ErrorClass errorClass,
      String code,
      String message,
      @Nullable Value data,
      @Nullable Throwable cause) {
    super(message, cause);
    this.errorClass = requireNonNull(errorClass, "errorClass is null");
    this.code = requireNonNull(code, "code is null");
    this.data = data;
  }

  public static FreshetException badRequest(String code, String message) {
    return new FreshetException(ErrorClass.BAD_REQUEST, code, message);
  }

  public static FreshetException notYetAvailable(String feature) {
    return new FreshetException(
        ErrorClass.BAD_REQUEST, "NotYetAvailable", feature + " is not available yet in Freshet.");
  }

  /** A failure of the system: its message is for the log; clients see a constant text. */
  public static FreshetException internal(String message, @Nullable Throwable cause) {
    return new FreshetException(ErrorClass.INTERNAL, "InternalServerError", message, null, cause);
  }

  /** The same failure, with words before its message that say where it happened. */
  public FreshetException prefixed(String prefix) {
    return new FreshetException(errorClass, code, prefix + text(), data, this);
  }

  public ErrorClass errorClass() {
    return errorClass;
  }

  /** The short code, e.g. {@code InvalidCursor}. */
  public String code() {
    return code;
  }

  /** The data of a {@code ConvexError}, where the failure is one. */
  public @Nullable Value data() {
    return data;
  }

  public String text() {
    return requireNonNull(getMessage());
  }
}
