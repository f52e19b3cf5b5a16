package dev.freshet.functions;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An error that left a user's function (spec 30 §5.3).
 *
 * @param message e.g. {@code Uncaught Error: no such room}
 * @param dataJson the data of a {@code ConvexError}: JSON text of a value
 * @param frames source-mapped stack frames, innermost first, without the leading {@code at}
 */
public record JsError(String message, @Nullable String dataJson, List<String> frames) {
  public static JsError of(String message) {
    return new JsError(message, null, List.of());
  }

  /** The error of a function that took all the memory that it may have. */
  static JsError outOfMemory(long bytes) {
    return of(
        "JavaScript execution ran out of memory (maximum memory usage: " + (bytes >> 20) + " MB)");
  }

  /** Message and stack as clients and logs show them; every line ends with a line feed. */
  public String text() {
    StringBuilder text = new StringBuilder(message).append('\n');
    for (String frame : frames) {
      text.append("    at ").append(frame).append('\n');
    }
    return text.toString();
  }
}
