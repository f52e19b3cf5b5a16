package dev.freshet.app;

import dev.freshet.functions.LogLine;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
}
