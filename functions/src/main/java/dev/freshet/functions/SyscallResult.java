package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.FreshetException;
import java.util.List;
import java.util.function.Function;

/** What a host answers to an asynchronous syscall. */
public sealed interface SyscallResult {
  static SyscallResult answer(String json) {
    return answer(json.getBytes(UTF_8));
  }

  static SyscallResult answer(byte[] json) {
    return new Answer(json, 0, json.length);
  }

  /**
   * JSON text in UTF-8, part of an array, so that a stored document needs no copy. It goes to user
   * code as it is.
   */
  @SuppressWarnings("ArrayRecordComponent") // results are never compared
  record Answer(byte[] bytes, int offset, int length) implements SyscallResult {}

  /**
   * The next documents of a running query. The first (or its end, if there are none) answers the
   * request; the runner answers later ones from the others, and tells with {@link
   * FunctionHost#streamRead} how many it has used.
   *
   * @param documents JSON texts
   * @param ends whether the query ends after them
   */
  record Rows(List<Answer> documents, boolean ends) implements SyscallResult {}

  /**
   * The syscall failed. User code sees (and may catch) deterministic user errors, with the
   * exception's {@code data} if it has one; any other class ends the call: {@code
   * FunctionRunner.run} throws the exception.
   */
  record Failed(FreshetException error) implements SyscallResult {}

  /**
   * The answer is the outcome of another function, which the runner now runs in a context of its
   * own in the same process.
   *
   * @param host serves the nested call
   * @param finish makes the answer of the outcome, on the thread that serves the call; must not
   *     return {@code Nested} again
   */
  record Nested(
      FunctionCall call, FunctionHost host, Function<FunctionOutcome, SyscallResult> finish)
      implements SyscallResult {}
}
