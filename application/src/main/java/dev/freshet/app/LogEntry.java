package dev.freshet.app;

import tools.jackson.databind.node.ObjectNode;

/** What the function log keeps (spec 20 §22). */
sealed interface LogEntry permits FunctionCompletion, FunctionProgress {
  RequestContext context();

  /**
   * The entry of the log stream.
   *
   * @param seconds when it was made, seconds since the epoch
   * @param whole whether the reader gets completed calls only, and so has seen no line before
   */
  ObjectNode json(double seconds, FunctionLog.LineFormat format, boolean whole);
}
