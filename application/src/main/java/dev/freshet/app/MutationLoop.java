package dev.freshet.app;

import dev.freshet.database.ConflictException;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;

/**
 * Runs a mutation again when it lost against a concurrent commit (spec 40 §7.6): at once, as soon
 * as the commit that won can be read; from the second time on after a random pause that grows. No
 * permit is held while it waits.
 */
final class MutationLoop {
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 2000;

  private final LongConsumer awaitTimestamp;
  private final int retries;
  private final RandomGenerator random;

  /** One attempt: runs and commits. */
  interface Attempt<T> {
    /**
     * @throws ConflictException if it lost
     */
    T run();

    /** Told of every lost attempt. */
    void lost(ConflictException conflict, int retryCount, boolean willRetry);
  }

  /**
   * @param awaitTimestamp waits until a commit can be read
   */
  MutationLoop(LongConsumer awaitTimestamp, Limits limits, RandomGenerator random) {
    this.awaitTimestamp = awaitTimestamp;
    this.retries = limits.getInt(Limit.UDF_EXECUTOR_OCC_MAX_RETRIES);
    this.random = random;
  }

  /**
   * @throws ConflictException after the last attempt
   */
  <T> T run(Attempt<T> attempt) {
    for (int retry = 0; ; retry++) {
      try {
        return attempt.run();
      } catch (ConflictException e) {
        boolean again = retry < retries;
        attempt.lost(e, retry, again);
        if (!again) {
          throw e;
        }
        if (retry > 0) {
          pause(retry);
        }
        awaitTimestamp.accept(e.timestamp());
      }
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
