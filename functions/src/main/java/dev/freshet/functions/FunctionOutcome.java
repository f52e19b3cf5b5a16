package dev.freshet.functions;

import java.time.Duration;
import java.util.List;

/**
 * How a call ended. Log lines of nested calls are already in the caller's, in the order in which
 * they were written; the number of lines of a whole tree of calls is bounded.
 */
public sealed interface FunctionOutcome {
  List<LogLine> logLines();

  Observed observed();

  /** JavaScript time of the call, its nested calls included. */
  Duration userTime();

  /**
   * @param resultJson UTF-8 JSON text that the function's own library wrote; user code can return
   *     anything, so it is to be parsed as untrusted
   */
  @SuppressWarnings("ArrayRecordComponent") // outcomes are never compared
  record Success(byte[] resultJson, List<LogLine> logLines, Observed observed, Duration userTime)
      implements FunctionOutcome {}

  record Failure(JsError error, List<LogLine> logLines, Observed observed, Duration userTime)
      implements FunctionOutcome {}
}
