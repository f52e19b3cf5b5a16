package dev.freshet.app;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a function call ended, as the client may see it. */
public sealed interface CallOutcome {
  /** Lines {@code [LEVEL] text}; empty where the deployment redacts them (spec 30 §5.4). */
  List<String> logLines();

  /**
   * The function returned.
   *
   * @param value the result as encoded JSON, UTF-8, in canonical form: sorted keys, whole floats
   *     with {@code .0}. Shared: never changed
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by the session through its hash
  record Success(byte[] value, List<String> logLines) implements CallOutcome {}

  /**
   * The function failed in a way its caller may see.
   *
   * @param message {@code [Request ID: x] Server Error}, then the error's text and frames
   * @param detail the same without the request id: equal for repeated failures
   * @param data the data of a {@code ConvexError} as canonical encoded JSON
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Failure(String message, String detail, byte @Nullable [] data, List<String> logLines)
      implements CallOutcome {}
}
