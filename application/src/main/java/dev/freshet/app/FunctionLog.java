package dev.freshet.app;

import dev.freshet.values.FreshetException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The latest completed calls, in memory, for {@code convex logs} (spec 20 §22). Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class FunctionLog {
  FunctionLog() {}

  /**
   * The part of the log after a position.
   *
   * @param entries each a completion as JSON text
   * @param newCursor the position after them; the given one if there are none
   */
  public record Page(List<String> entries, double newCursor) {}

  /** How log lines appear in the entries. */
  public enum LineFormat {
    STRUCTURED,
    TEXT
  }

  /**
   * Waits until there are entries after {@code cursor} (milliseconds since the epoch, 0 for all),
   * at most {@code wait}.
   *
   * @param session only the calls made for this WebSocket request
   */
  public Page stream(
      double cursor, @Nullable SessionRequestId session, LineFormat format, Duration wait)
      throws InterruptedException {
    throw FreshetException.notYetAvailable("The function log");
  }
}
