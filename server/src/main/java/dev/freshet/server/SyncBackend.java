package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationResult;
import dev.freshet.app.SessionRequestId;
import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.server.ClientMessage.Token;
import dev.freshet.values.FreshetException;
import org.jspecify.annotations.Nullable;

/**
 * What sync sessions need of the application. All methods are thread-safe; all but {@link
 * #latestTimestamp} and {@link #knownResult} may block. A failure that only concerns the call is an
 * outcome; what is thrown ends the session by its class, except where noted.
 */
interface SyncBackend {
  /** The newest commit that reads may see; never goes back. */
  long latestTimestamp();

  /** Waits until the newest commit that reads may see is not older than this near time. */
  void awaitTimestamp(long timestamp);

  /**
   * @throws FreshetException if the token is not accepted
   */
  Identity authenticate(Token token);

  /**
   * Runs a query at a timestamp and watches its result.
   *
   * @param onInvalid called at most once, from any thread, when the result stops being true
   * @throws FreshetException {@code OUT_OF_RETENTION} and the classes of overload: the session
   *     tries again later
   */
  LiveResult query(
      FunctionCall call,
      Identity identity,
      @Nullable String journal,
      long timestamp,
      Runnable onInvalid);

  /**
   * The same from an earlier run that still holds, without running or waiting for anything; null if
   * there is none.
   */
  default @Nullable LiveResult knownResult(
      FunctionCall call,
      Identity identity,
      @Nullable String journal,
      long timestamp,
      Runnable onInvalid) {
    return null;
  }

  /**
   * Runs a mutation; when this returns, {@link #latestTimestamp} is not older than its commit.
   *
   * @param session makes the mutation idempotent; null for clients that told no session
   */
  MutationResult mutation(FunctionCall call, Identity identity, @Nullable SessionRequestId session);

  CallOutcome action(FunctionCall call, Identity identity, @Nullable SessionRequestId session);

  /** The client is gone: its actions that have not begun need not begin. */
  default void connectionClosed() {}
}
