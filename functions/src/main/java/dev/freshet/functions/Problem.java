package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.util.List;

/**
 * How JavaScript failed in a process.
 *
 * @param code empty unless a rule of evaluation was broken
 */
record Problem(String code, JsError error) {
  private static final int LOG_LINES_IN_TEXT = 100;

  static Problem of(JsError error) {
    return new Problem("", error);
  }

  /** What a push is told before the reason why one of its modules can't be loaded. */
  static String analysisFailed(String modulePath) {
    return "Loading the pushed modules encountered the following error:\nFailed to analyze "
        + modulePath
        + ": ";
  }

  /**
   * How a push is refused because of it.
   *
   * @param general the code if it has none of its own
   * @param lines what was written to the log until then: the last lines are told
   */
  FreshetException refusal(String general, String prefix, List<LogLine> lines) {
    StringBuilder text = new StringBuilder(prefix).append(error.text().stripTrailing());
    if (!lines.isEmpty()) {
      text.append('\n');
      lines.stream()
          .skip(Math.max(0, lines.size() - LOG_LINES_IN_TEXT))
          .forEach(line -> text.append('\n').append(line.pretty()));
    }
    return FreshetException.badRequest(code.isEmpty() ? general : code, text.toString());
  }
}
