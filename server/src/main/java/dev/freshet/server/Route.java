package dev.freshet.server;

import dev.freshet.values.Limit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the {@link Routes} table.
 *
 * @param pattern a path; a segment {@code {name}} stands for any one, a last segment {@code
 *     {*name}} for any non-empty rest
 * @param bodyLimit bounds the body, null for the default
 * @param oversized how a larger body is answered
 * @param unlimited whether it takes no place among the requests handled at once: the endpoint waits
 *     for something to happen, or does next to nothing and is to be answered in overload too
 */
record Route(
    String method,
    String pattern,
    @Nullable Limit bodyLimit,
    Oversized oversized,
    boolean unlimited,
    Endpoint endpoint) {

  /** Answers requests; called on a virtual thread, may block. */
  @FunctionalInterface
  interface Endpoint {
    Reply answer(Exchange exchange) throws Exception;
  }

  /** How a body beyond the limit is answered. */
  enum Oversized {
    /** 400 {@code BadJsonBody}. */
    BAD_JSON,
    /** 413. */
    TOO_LARGE
  }

  boolean isPlain() {
    return pattern.indexOf('{') < 0;
  }

  /** The wildcards' values if the path fits the pattern, else null. */
  @Nullable Map<String, String> match(String path) {
    String[] expected = pattern.split("/", -1);
    String[] actual = path.split("/", -1);
    Map<String, String> parameters = new HashMap<>();
    for (int i = 0; i < expected.length; i++) {
      String segment = expected[i];
      if (i >= actual.length) {
        return null;
      }
      if (segment.startsWith("{*")) {
        String rest = String.join("/", Arrays.asList(actual).subList(i, actual.length));
        parameters.put(segment.substring(2, segment.length() - 1), rest);
        return rest.isEmpty() ? null : parameters;
      }
      if (segment.startsWith("{")) {
        if (actual[i].isEmpty()) {
          return null;
        }
        parameters.put(segment.substring(1, segment.length() - 1), actual[i]);
      } else if (!segment.equals(actual[i])) {
        return null;
      }
    }
    return actual.length == expected.length ? parameters : null;
  }
}
