package dev.freshet.database;

import dev.freshet.values.Clock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;

/** Background writes to the persistence in small steps, between which commits get their turn. */
final class Steps {
  /** Rows of one step: a few milliseconds of work. */
  static final int ROWS = 500;

  static final long LONGEST_PAUSE_NANOS = 100_000_000;

  private Steps() {}

  /**
   * Repeats a step until it tells that nothing is left, with a pause after each for as long as it
   * took.
   *
   * @param step given the rows it may touch; returns whether more may remain
   * @return whether everything was done; false: asked to stop
   */
  static boolean run(BackgroundWorker.Stop stop, Clock clock, IntPredicate step) {
    while (!stop.isRequested()) {
      long start = clock.monotonicNanos();
      if (!step.test(ROWS)) {
        return true;
      }
      pause(clock.monotonicNanos() - start);
    }
    return false;
  }

  static void pause(long nanos) {
    if (nanos > 0) {
      LockSupport.parkNanos(Math.min(nanos, LONGEST_PAUSE_NANOS));
    }
  }
}
