package dev.freshet.functions;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line that user code wrote to its console (spec 30 §10).
 *
 * @param messages the formatted arguments
 * @param truncated whether the line was longer than the limit
 * @param unixMillis real time at which it was written
 * @param functionPath set on lines of nested calls: the function that wrote it
 */
public record LogLine(
    Level level,
    List<String> messages,
    boolean truncated,
    long unixMillis,
    @Nullable String functionPath) {
  /** Severity, in the order used by the runner protocol. */
  public enum Level {
    DEBUG,
    ERROR,
    INFO,
    LOG,
    WARN
  }

  /** The form that clients get: {@code [LEVEL] message message}. */
  public String pretty() {
    String text = "[" + level + "] " + String.join(" ", messages);
    return truncated ? text + " (truncated due to length)" : text;
  }
}
