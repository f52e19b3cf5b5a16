package dev.freshet.app;

import org.jspecify.annotations.Nullable;

/** What became of a request to an HTTP action. */
public sealed interface HttpResult {
  /** The app has no {@code http.js}; nothing was written. */
  record NotEnabled() implements HttpResult {}

  /** The app's router knows no route for it; nothing was written. */
  record NoRoute() implements HttpResult {}

  /**
   * The response was written.
   *
   * @param cut whether its body is incomplete: the connection must not end as if it were whole
   */
  record Answered(int status, boolean cut) implements HttpResult {}

  /**
   * The action failed (spec 30 §5.4).
   *
   * @param headSent whether the head of a response was written before; if so, all that is left is
   *     to break the connection off
   * @param code {@code [Request ID: x] Server Error}, with the message unless it is redacted
   * @param trace the error with its frames; null if redacted
   * @param data the data of a {@code ConvexError} as canonical encoded JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Failed(boolean headSent, String code, @Nullable String trace, byte @Nullable [] data)
      implements HttpResult {}
}
