package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import org.jspecify.annotations.Nullable;

/** The data that a {@code ConvexError} carries, between its JSON text and its value. */
final class ErrorData {
  private static final String INVALID = "ConvexError with invalid data: ";

  private ErrorData() {}

  static @Nullable String json(FreshetException error) {
    Value data = error.data();
    return data == null ? null : ValueJson.write(data, JsonFormat.ENCODED);
  }

  /**
   * The error as clients may get it: with data that is a value, or with a message that says it is
   * none.
   */
  static JsError checked(String message, String data, java.util.List<String> frames) {
    if (data.isEmpty()) {
      return new JsError(message, null, frames);
    }
    try {
      ValueJson.parse(data);
      return new JsError(message, data, frames);
    } catch (FreshetException e) {
      return new JsError(INVALID + e.text(), null, frames);
    }
  }
}
