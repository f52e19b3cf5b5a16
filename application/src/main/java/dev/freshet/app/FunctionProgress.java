package dev.freshet.app;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * Lines that a running action has written (spec 20 §22).
 *
 * @param kind {@code Action} or {@code HttpAction}
 * @param startMillis when the call began
 */
record FunctionProgress(
    String kind,
    String identifier,
    RequestContext context,
    String executionId,
    List<CallLogLine> logLines,
    long startMillis)
    implements LogEntry {
  @Override
  public ObjectNode json(double seconds, FunctionLog.LineFormat format, boolean whole) {
    ObjectNode entry = Json.object();
    entry.put("kind", "Progress");
    entry.put("udfType", kind);
    entry.putNull("componentPath");
    entry.put("identifier", identifier);
    entry.put("timestamp", startMillis / 1e3);
    entry.set("logLines", CallLogLine.json(logLines, format));
    entry.put("requestId", context.requestId());
    entry.put("executionId", executionId);
    return entry;
  }
}
