package dev.freshet.app;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The {@link TurnOrder} of all mutations, for threads: load on a hot key becomes serial execution
 * instead of one winner and many losers, and nobody loses twice about the same thing (architecture
 * §4). Who collides with nobody never waits. Thread-safe; one lock, held for looking only.
 */
final class Turns {
  private final TurnOrder order = new TurnOrder();
  private final ReentrantLock lock = new ReentrantLock();
  private final long patienceNanos;
  private final LongAdder waits = new LongAdder();

  /**
   * @param patienceMillis how long a turn is waited for
   */
  Turns(long patienceMillis) {
    this.patienceNanos = TimeUnit.MILLISECONDS.toNanos(patienceMillis);
  }

  /** Of one mutation, for all its runs. Confined to its thread, except for {@link #close}. */
  final class Turn implements AutoCloseable {
    private final Condition active = lock.newCondition();
    private final TurnOrder.Claim claim = new TurnOrder.Claim(active::signal);

    private Turn() {}

    /** To be called before the first run of one that will change these keys; waits for its turn. */
    void expect(Collection<?> keys) {
      lock.lock();
      try {
        order.expect(claim, keys);
        await();
      } finally {
        lock.unlock();
      }
    }

    /** The keys that it has claimed, because of what it lost or waited for. */
    Set<Object> contended() {
      lock.lock();
      try {
        return claim.contended();
      } finally {
        lock.unlock();
      }
    }

    /**
     * To be called before a commit is queued.
     *
     * @return true if it may be; false if something was waited for: it is this one's turn now, but
     *     what it has read may be out of date
     */
    boolean pass(Footprint commit) {
      lock.lock();
      try {
        if (order.pass(claim, commit)) {
          return true;
        }
        await();
        return false;
      } finally {
        lock.unlock();
      }
    }

    /** To be called when the commit lost; waits until running again is worth while. */
    void awaitAfterLoss(Object contended, Footprint commit) {
      lock.lock();
      try {
        order.lost(claim, contended, commit);
        await();
      } finally {
        lock.unlock();
      }
    }

    private void await() {
      if (claim.isActive()) {
        return;
      }
      waits.increment();
      long left = patienceNanos;
      try {
        while (!claim.isActive()) {
          if (left <= 0) {
            throw impatient();
          }
          left = active.awaitNanos(left);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FreshetException(
            ErrorClass.OVERLOADED, "ServerStopping", "The server is stopping.", null, e);
      }
    }

    /** Gives the turn up, or whatever there was of it; may be called again. */
    @Override
    public void close() {
      lock.lock();
      try {
        order.release(claim);
      } finally {
        lock.unlock();
      }
    }
  }

  /** A turn that nobody knows of yet. */
  Turn of() {
    return new Turn();
  }

  private static FreshetException impatient() {
    return new FreshetException(
        ErrorClass.RATE_LIMITED,
        "TooManyConcurrentRequests",
        "Too many mutations want to change the same documents: this one's turn did not come in"
            + " time. Fewer of them at once, or documents that fewer of them share, help.");
  }

  /** How often somebody had to wait. */
  long waits() {
    return waits.sum();
  }

  /** How many mutations are known of: those that lost or wait, and commits under way. */
  int size() {
    lock.lock();
    try {
      return order.claims() + order.passed();
    } finally {
      lock.unlock();
    }
  }
}
