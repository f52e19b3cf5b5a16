package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the server says over the sync WebSocket (spec 10 §3); printed by {@link MessagePrinter}. */
sealed interface ServerMessage {
  /**
   * @param clock the two clock fields, for clients that told theirs; null leaves them out
   */
  record Transition(
      StateVersion start,
      StateVersion end,
      List<StateModification> modifications,
      @Nullable ClockFields clock)
      implements ServerMessage {}

  /**
   * @param skewMillis how far the client's clock was ahead at Connect
   * @param serverNanos the server's clock now
   */
  record ClockFields(long skewMillis, long serverNanos) {}

  /** How one query's result changed. */
  sealed interface StateModification {
    record Updated(long queryId, CallOutcome.Success outcome, @Nullable String journal)
        implements StateModification {}

    record Failed(long queryId, CallOutcome.Failure outcome, @Nullable String journal)
        implements StateModification {}

    record Removed(long queryId) implements StateModification {}
  }

  /**
   * @param timestamp of the commit; only read if the outcome is a success
   */
  record MutationResponse(long requestId, CallOutcome outcome, long timestamp)
      implements ServerMessage {}

  record ActionResponse(long requestId, CallOutcome outcome) implements ServerMessage {}

  /**
   * @param baseVersion identity version of the last transition sent
   * @param updateAttempted whether a new token was refused, and not an accepted one found expired
   */
  record AuthError(String error, long baseVersion, boolean updateAttempted)
      implements ServerMessage {}

  /** The client is broken: it will not try again. */
  record FatalError(String error) implements ServerMessage {}

  record Ping() implements ServerMessage {}
}
