package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Work that somebody waits for, from its arrival in a {@link RunnerPool} to its end. */
final class RunnerJob<T> {
  final RunnerWork<T> work;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile boolean abandoned;
  private boolean parked;
  private boolean begun;
  private @Nullable T result;
  private @Nullable Throwable failure;

  RunnerJob(RunnerWork<T> work) {
    this.work = work;
  }

  void complete(T answer) {
    result = answer;
    done.countDown();
  }

  void fail(Throwable problem) {
    failure = problem;
    done.countDown();
  }

  /** Waits for the work's end; who is interrupted abandons it. */
  T await() {
    try {
      done.await();
    } catch (InterruptedException e) {
      abandoned = true;
      Thread.currentThread().interrupt();
      throw FreshetException.internal("interrupted while a function ran", e);
    }
    switch (failure) {
      case null -> {
        @Nullable T answer = result;
        if (answer == null) {
          throw FreshetException.internal("work without a result", null);
        }
        return answer;
      }
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw FreshetException.internal("work failed", e);
    }
  }

  boolean isAbandoned() {
    return abandoned;
  }

  /** It waits for a reason that lies in its function. */
  synchronized void park() {
    if (!parked && !begun) {
      parked = true;
      work.parked(true);
    }
  }

  synchronized void begin() {
    begun = true;
    if (parked) {
      parked = false;
      work.parked(false);
    }
  }
}
