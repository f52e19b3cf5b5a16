package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to an HTTP request.
 *
 * @param contentType null for an empty body
 * @param headers further headers
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Reply(int status, @Nullable String contentType, byte[] body, Map<String, String> headers) {
  private static final byte[] EMPTY = {};

  static Reply empty(int status) {
    return new Reply(status, null, EMPTY, Map.of());
  }

  static Reply text(int status, String text) {
    return new Reply(status, "text/plain; charset=utf-8", text.getBytes(UTF_8), Map.of());
  }

  static Reply json(byte[] json) {
    return json(200, json);
  }

  static Reply json(String json) {
    return json(200, json.getBytes(UTF_8));
  }

  static Reply json(int status, byte[] json) {
    return new Reply(status, "application/json", json, Map.of());
  }

  /** {@code {code, message}} with the status of the error's class (spec 10 §12). */
  static Reply error(FreshetException e) {
    ErrorClass errorClass = e.errorClass();
    return switch (errorClass) {
      case INTERNAL, OPERATIONAL -> internalError();
      default -> error(errorClass.httpStatus(), e.code(), e.text());
    };
  }

  static Reply error(int status, String code, String message) {
    return json(
        status,
        new JsonSink(128)
            .raw("{\"code\":")
            .string(code)
            .raw(",\"message\":")
            .string(message)
            .raw("}")
            .toByteArray());
  }

  static Reply internalError() {
    return error(
        500, "InternalServerError", "Your request couldn't be completed. Try again later.");
  }

  Reply with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, contentType, body, more);
  }
}
