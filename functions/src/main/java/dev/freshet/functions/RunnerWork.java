package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import org.jspecify.annotations.Nullable;

/** Work in a runner of a {@link RunnerPool}. */
interface RunnerWork<T> {
  /**
   * @throws RunnerDiedException if the process is gone; after any other exception it is idle
   */
  T run(RunnerSession session);

  /** The function that runs: runner time is shared among functions. */
  String function();

  /** Whether it goes before other work of its function that isn't. */
  default boolean isUrgent() {
    return false;
  }

  /** Whether nobody waits for it any more. */
  default boolean isGone() {
    return false;
  }

  /** Tells that it waits for a reason that lies in its function, or does so no longer. */
  default void parked(boolean parked) {}

  /**
   * Says what becomes of the work when its process died.
   *
   * @param fresh whether the process had done nothing before
   * @return the work's result, or null: it is to run again, in a new process
   * @throws FreshetException the work's failure
   */
  default @Nullable T died(RunnerDiedException death, boolean fresh) {
    throw FreshetException.internal(death.getMessage() + "", death);
  }
}
