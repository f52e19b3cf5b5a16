package dev.freshet.app;

import dev.freshet.app.Admission.Fate;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many calls or requests of one kind may run at once (spec 30 §9.2), with the rules of {@link
 * Admission} for those that have to wait. Thread-safe.
 */
public final class Permits {
  /** A place to run; closed exactly once. Thread-safe. */
  public interface Permit extends AutoCloseable {
    /** Gives the place to others while whoever holds it only waits. Does not block. */
    default void pause() {}

    /**
     * Takes it again, even if there is none: who has begun never waits, so that nobody can wait for
     * one that waits for him. Does not block.
     */
    default void resume() {}

    @Override
    void close();
  }

  /** Makes the error for one that is refused. */
  private interface Refusal {
    FreshetException of(Fate fate);
  }

  private final int count;
  private final Clock clock;
  private final Refusal refusal;
  private final ReentrantLock lock = new ReentrantLock();
  private final Admission admission;
  private final LongAdder refused = new LongAdder();

  private Permits(
      Limit count, Limits limits, Clock clock, Admission.Policy policy, Refusal refusal) {
    this.count = limits.getInt(count);
    this.clock = clock;
    this.refusal = refusal;
    this.admission = new Admission(this.count, policy);
  }

  private static Admission.Policy quick(Limits limits) {
    return new Admission.Policy(
        limits.getInt(Limit.ISOLATE_QUEUE_SIZE),
        TimeUnit.SECONDS.toNanos(limits.get(Limit.APPLICATION_FUNCTION_RUNNER_SEMAPHORE_TIMEOUT)),
        millis(limits, Limit.OVERLOAD_WAIT_MILLIS),
        millis(limits, Limit.ISOLATE_QUEUE_IDLE_TIMEOUT_MS),
        millis(limits, Limit.ISOLATE_QUEUE_CONGESTED_TIMEOUT_MS));
  }

  /** Actions take seconds: a wait that would be long for a query is not, for them. */
  private static Admission.Policy patient(Limits limits) {
    long patience =
        TimeUnit.SECONDS.toNanos(
            limits.get(Limit.APPLICATION_FUNCTION_RUNNER_ACTION_SEMAPHORE_TIMEOUT));
    return new Admission.Policy(
        limits.getInt(Limit.ISOLATE_QUEUE_SIZE),
        patience,
        patience / 2,
        millis(limits, Limit.ISOLATE_QUEUE_IDLE_TIMEOUT_MS),
        patience / 5);
  }

  /**
   * For calls of functions.
   *
   * @param kinds what runs, in the plural: {@code queries}
   */
  static Permits ofCalls(String kinds, Limit count, Limits limits, Clock clock) {
    return new Permits(
        count, limits, clock, quick(limits), _ -> tooMany(kinds, limits.getInt(count)));
  }

  /** For calls of actions, which wait longer. */
  static Permits ofActions(String kinds, Limit count, Limits limits, Clock clock) {
    return new Permits(
        count, limits, clock, patient(limits), _ -> tooMany(kinds, limits.getInt(count)));
  }

  /** For HTTP requests, before anything is known of them. */
  public static Permits ofRequests(Limits limits, Clock clock) {
    return new Permits(
        Limit.MAX_CONCURRENT_REQUESTS, limits, clock, quick(limits), Permits::rejected);
  }

  private static long millis(Limits limits, Limit limit) {
    return TimeUnit.MILLISECONDS.toNanos(limits.get(limit));
  }

  /**
   * Waits for a place.
   *
   * @param client who wants it: clients take turns
   * @param waitedNanos how long it has waited elsewhere: counts as if it had been here
   * @throws FreshetException if that takes too long, or too many wait already: {@code
   *     TooManyConcurrentRequests}, 429, for a call; {@code ExpiredInQueue} or {@code
   *     ExecuteFullError}, 503, for a request
   */
  public Permit acquire(Object client, long waitedNanos) {
    lock.lock();
    try {
      Condition settled = lock.newCondition();
      long now = clock.monotonicNanos();
      return await(admission.want(client, now - waitedNanos, now, settled::signal), settled);
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a place for something that has run before: ahead of all others, for any time. */
  Permit acquireAgain() {
    lock.lock();
    try {
      Condition settled = lock.newCondition();
      return await(admission.wantAgain(clock.monotonicNanos(), settled::signal), settled);
    } finally {
      lock.unlock();
    }
  }

  private Permit await(Admission.Waiter waiter, Condition settled) {
    try {
      while (waiter.fate() == Fate.WAITS) {
        long now = clock.monotonicNanos();
        settled.awaitNanos(admission.nextLook(waiter, now));
        admission.expire(clock.monotonicNanos());
      }
    } catch (InterruptedException e) {
      admission.leave(waiter, clock.monotonicNanos());
      Thread.currentThread().interrupt();
      throw new FreshetException(
          ErrorClass.REJECTED_BEFORE_EXECUTION,
          "ServerStopping",
          "The call was given up before it ran.",
          null,
          e);
    }
    if (waiter.fate() != Fate.ADMITTED) {
      refused.increment();
      throw refusal.of(waiter.fate());
    }
    return new Held();
  }

  private final class Held implements Permit {
    private boolean running = true; // guarded by the lock
    private boolean closed; // guarded by the lock

    @Override
    public void pause() {
      set(false, false);
    }

    @Override
    public void resume() {
      set(true, false);
    }

    @Override
    public void close() {
      set(false, true);
    }

    private void set(boolean run, boolean close) {
      lock.lock();
      try {
        if (closed) {
          return;
        }
        closed = close;
        if (running && !run) {
          admission.giveBack(clock.monotonicNanos());
        } else if (run && !running) {
          admission.overdraw();
        }
        running = run;
      } finally {
        lock.unlock();
      }
    }
  }

  private static FreshetException tooMany(String kinds, int count) {
    return new FreshetException(
        ErrorClass.RATE_LIMITED,
        "TooManyConcurrentRequests",
        "Too many concurrent requests. Your backend is limited to "
            + count
            + " concurrent "
            + kinds
            + ". A larger limit, fewer calls at once or shorter functions help.");
  }

  private static FreshetException rejected(Fate fate) {
    return new FreshetException(
        ErrorClass.REJECTED_BEFORE_EXECUTION,
        fate == Fate.QUEUE_FULL ? "ExecuteFullError" : "ExpiredInQueue",
        "Too many concurrent requests in a short time. Nothing was done; send fewer at once, or"
            + " this one again later.");
  }

  /** Places taken at the moment. */
  int taken() {
    lock.lock();
    try {
      return count - admission.free();
    } finally {
      lock.unlock();
    }
  }

  /** How many wait for a place. */
  int waiting() {
    lock.lock();
    try {
      return admission.waiting();
    } finally {
      lock.unlock();
    }
  }

  /** How many of those that have begun wait for a place again. */
  int begun() {
    lock.lock();
    try {
      return admission.begun();
    } finally {
      lock.unlock();
    }
  }

  /** How many were sent away so far. */
  long refused() {
    return refused.sum();
  }
}
