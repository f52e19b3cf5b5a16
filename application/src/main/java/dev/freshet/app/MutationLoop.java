package dev.freshet.app;

import dev.freshet.app.ContentionLines.Turn;
import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs a mutation again when it lost against a concurrent commit (spec 40 §7.6): at once, as soon
 * as the commit that won can be read and the line for the contended key has moved up; from the
 * second time on after a random pause that grows. No place to run is held while it waits.
 *
 * <p>A mutation that waited in a line before its first commit and is out of date by then runs again
 * without having lost: that is no conflict yet, and not counted.
 */
final class MutationLoop {
  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 2000;

  private final Database database;
  private final ContentionLines lines;
  private final int retries;
  private final RandomGenerator random;

  /**
   * A mutation as the loop sees it.
   *
   * @param <P> what one run leaves to be finished
   * @param <R> the result
   */
  interface Attempt<P, R> {
    /** Runs the function in a new transaction. */
    P execute();

    /** What {@link #finish} would commit; null if that is nothing. */
    @Nullable Transaction pending(P executed);

    /**
     * Commits.
     *
     * @throws ConflictException if it lost
     */
    R finish(P executed);

    /** Told of every lost attempt. */
    void lost(ConflictException conflict, int retryCount, boolean willRetry);
  }

  MutationLoop(Database database, ContentionLines lines, Limits limits, RandomGenerator random) {
    this.database = database;
    this.lines = lines;
    this.retries = limits.getInt(Limit.UDF_EXECUTOR_OCC_MAX_RETRIES);
    this.random = random;
  }

  /**
   * @throws ConflictException after the last attempt
   */
  <P, R> R run(Attempt<P, R> attempt) {
    Turn turn = null;
    try {
      for (int retry = 0; ; retry++) {
        P executed = attempt.execute();
        Transaction pending = turn == null ? attempt.pending(executed) : null;
        if (pending != null) {
          turn = lines.enterFor(pending);
          if (turn != null && isOutdated(pending)) {
            executed = attempt.execute();
          }
        }
        try {
          return attempt.finish(executed);
        } catch (ConflictException e) {
          if (turn != null) {
            turn.close();
            turn = null;
          }
          turn = prepareAgain(attempt, e, retry);
        }
      }
    } finally {
      if (turn != null) {
        turn.close();
      }
    }
  }

  private boolean isOutdated(Transaction transaction) {
    return !database.refresh(
        transaction.readSet(), transaction.beginTimestamp(), database.latestTimestamp());
  }

  private @Nullable Turn prepareAgain(
      Attempt<?, ?> attempt, ConflictException conflict, int retry) {
    boolean again = retry < retries;
    attempt.lost(conflict, retry, again);
    if (!again) {
      throw conflict;
    }
    if (retry > 0) {
      pause(retry);
    }
    Turn turn = lines.enter(conflict.contended());
    try {
      database.awaitTimestamp(conflict.timestamp());
      return turn;
    } catch (RuntimeException | Error e) {
      if (turn != null) {
        turn.close();
      }
      throw e;
    }
  }

  private void pause(int retry) {
    long most = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << (retry - 1));
    try {
      Thread.sleep((long) (most * random.nextDouble()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FreshetException(
          ErrorClass.OVERLOADED, "ServerStopping", "The server is stopping.", null, e);
    }
  }
}
