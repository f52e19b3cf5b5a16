package dev.freshet.app;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * How many top-level calls of one kind may run at once (spec 30 §9.2). First come, first served.
 * Thread-safe.
 */
final class Permits {
  /** A place to run; closed exactly once. */
  interface Permit extends AutoCloseable {
    @Override
    void close();
  }

  private final String kind;
  private final int count;
  private final long waitSeconds;
  private final Semaphore semaphore;

  /**
   * @param kind what runs, in the singular: {@code query}
   */
  Permits(String kind, int count, long waitSeconds) {
    this.kind = kind;
    this.count = count;
    this.waitSeconds = waitSeconds;
    this.semaphore = new Semaphore(count, true);
  }

  /**
   * Waits for a place.
   *
   * @throws FreshetException {@code TooManyConcurrentRequests}, 429, after the set wait
   */
  Permit acquire() {
    boolean acquired;
    try {
      acquired = semaphore.tryAcquire(waitSeconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FreshetException(
          ErrorClass.REJECTED_BEFORE_EXECUTION,
          "ServerStopping",
          "The call was given up before it ran.",
          null,
          e);
    }
    if (!acquired) {
      throw new FreshetException(
          ErrorClass.RATE_LIMITED,
          "TooManyConcurrentRequests",
          "Too many concurrent requests. Your backend is limited to "
              + count
              + " concurrent "
              + (kind.endsWith("y") ? kind.substring(0, kind.length() - 1) + "ies" : kind + "s")
              + ". A larger limit, fewer calls at once or shorter functions help.");
    }
    return semaphore::release;
  }

  /** Places taken at the moment. */
  int taken() {
    return count - semaphore.availablePermits();
  }
}
