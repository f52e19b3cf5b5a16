package dev.freshet.functions;

/** How an action ended. Its log lines went to its host. */
public sealed interface ActionOutcome {
  Spent spent();

  /**
   * @param resultJson UTF-8 JSON text that the function's own library wrote; to be parsed as
   *     untrusted
   */
  @SuppressWarnings("ArrayRecordComponent") // outcomes are never compared
  record Success(byte[] resultJson, Spent spent) implements ActionOutcome {}

  record Failure(JsError error, Spent spent) implements ActionOutcome {}

  /**
   * Its process ended through no fault of this call, which may have had effects and so was not run
   * again.
   */
  record Struck(Spent spent) implements ActionOutcome {}
}
