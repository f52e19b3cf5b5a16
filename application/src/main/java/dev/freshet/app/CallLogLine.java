package dev.freshet.app;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log line of a finished call (spec 30 §10).
 *
 * @param level {@code DEBUG}, {@code ERROR}, {@code WARN}, {@code INFO} or {@code LOG}
 * @param timestamp when it was written, milliseconds since the epoch
 * @param systemCode for lines that the server wrote itself, e.g. {@code
 *     warning:TooManyDocumentsRead}
 * @param functionPath the nested function that wrote it; null for the one that was called
 */
record CallLogLine(
    String level,
    List<String> messages,
    boolean truncated,
    long timestamp,
    @Nullable String systemCode,
    @Nullable String functionPath) {
  private static final String TRUNCATED = " (truncated due to length)";

  /** {@code [LEVEL] a b c}. */
  String text() {
    StringBuilder text = new StringBuilder(level.length() + 32);
    text.append('[').append(level).append(']');
    for (String message : messages) {
      text.append(' ').append(message);
    }
    return truncated ? text.append(TRUNCATED).toString() : text.toString();
  }

  static List<String> texts(List<CallLogLine> lines) {
    return lines.isEmpty() ? List.of() : lines.stream().map(CallLogLine::text).toList();
  }
}
