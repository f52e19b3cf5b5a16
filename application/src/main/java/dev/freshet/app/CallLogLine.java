package dev.freshet.app;

import dev.freshet.functions.LogLine;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A log line of a finished call (spec 30 §10).
 *
 * @param systemCode for lines that the server wrote itself, e.g. {@code
 *     warning:TooManyDocumentsRead}
 */
record CallLogLine(LogLine line, @Nullable String systemCode) {
  static List<CallLogLine> of(List<LogLine> written, List<CallLogLine> warnings) {
    if (written.isEmpty()) {
      return warnings;
    }
    List<CallLogLine> lines = new ArrayList<>(written.size() + warnings.size());
    for (LogLine line : written) {
      lines.add(new CallLogLine(line, null));
    }
    lines.addAll(warnings);
    return lines;
  }

  static CallLogLine warning(String code, String message, long unixMillis) {
    return new CallLogLine(
        new LogLine(LogLine.Level.WARN, List.of(message), false, unixMillis, null),
        "warning:" + code);
  }

  /** The lines as clients get them. */
  static List<String> texts(List<CallLogLine> lines) {
    return lines.isEmpty() ? List.of() : lines.stream().map(l -> l.line().pretty()).toList();
  }

  /** The lines as entries of the log stream have them. */
  static ArrayNode json(List<CallLogLine> logLines, FunctionLog.LineFormat format) {
    ArrayNode lines = Json.array();
    for (CallLogLine line : logLines) {
      switch (format) {
        case TEXT -> lines.add(line.line().pretty());
        case STRUCTURED -> lines.add(line.structured());
      }
    }
    return lines;
  }

  private ObjectNode structured() {
    ObjectNode node = Json.object();
    ArrayNode messages = node.putArray("messages");
    line.messages().forEach(messages::add);
    node.put("isTruncated", line.truncated());
    node.put("timestamp", line.unixMillis());
    node.put("level", line.level().name());
    if (systemCode == null) {
      node.putNull("systemMetadata");
    } else {
      node.putObject("systemMetadata").put("code", systemCode);
    }
    if (line.functionPath() != null) {
      node.put("componentPath", "");
      node.put("udfPath", line.functionPath());
    }
    return node;
  }
}
