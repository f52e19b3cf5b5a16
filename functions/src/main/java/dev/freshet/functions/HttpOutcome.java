package dev.freshet.functions;

import org.jspecify.annotations.Nullable;

/** How an HTTP action ended. */
public sealed interface HttpOutcome {
  /** The router knows no route for the request: nothing was run, nothing written. */
  record NoRoute() implements HttpOutcome {}

  /**
   * @param route method and path of the matching route as the router writes them, e.g. {@code GET
   *     /files/*}
   * @param bytes of the body that the action gave
   * @param cut whether the body was cut because of its size or because its stream failed
   */
  record Answered(String route, int status, long bytes, boolean cut, Spent spent)
      implements HttpOutcome {}

  /**
   * @param route null if the module didn't load
   * @param headSent whether the client has got the head of a response already
   */
  record Failed(@Nullable String route, JsError error, boolean headSent, Spent spent)
      implements HttpOutcome {}

  /** As {@link ActionOutcome.Struck}. */
  record Struck(boolean headSent) implements HttpOutcome {}
}
