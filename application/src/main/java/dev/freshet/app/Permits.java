package dev.freshet.app;

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
  /** A place to run; closed exactly once. */
  public interface Permit extends AutoCloseable {
    @Override
    void close();
  }

  /** So many times as many as run may wait without that being overload. */
  private static final int SHORT_QUEUE = 8;

  private final String kind;
  private final int count;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Admission admission;
  private final LongAdder refused = new LongAdder();

  private Permits(String kind, int count, Clock clock, Admission.Policy policy) {
    this.kind = kind;
    this.count = count;
    this.clock = clock;
    this.admission = new Admission(count, policy);
  }

  /**
   * For calls of functions.
   *
   * @param kind what runs, in the singular: {@code query}
   */
  static Permits ofCalls(String kind, Limit count, Limits limits, Clock clock) {
    int places = limits.getInt(count);
    return new Permits(
        kind,
        places,
        clock,
        new Admission.Policy(
            SHORT_QUEUE * places,
            millis(limits, Limit.ISOLATE_QUEUE_IDLE_TIMEOUT_MS),
            limits.getInt(Limit.ISOLATE_QUEUE_SIZE),
            TimeUnit.SECONDS.toNanos(
                limits.get(Limit.APPLICATION_FUNCTION_RUNNER_SEMAPHORE_TIMEOUT)),
            millis(limits, Limit.ISOLATE_QUEUE_CONGESTED_TIMEOUT_MS)));
  }

  /** For HTTP requests, before anything is known of them. */
  public static Permits ofRequests(Limits limits, Clock clock) {
    long quiet = millis(limits, Limit.ISOLATE_QUEUE_IDLE_TIMEOUT_MS);
    return new Permits(
        "request",
        limits.getInt(Limit.MAX_CONCURRENT_REQUESTS),
        clock,
        new Admission.Policy(
            0,
            quiet,
            limits.getInt(Limit.ISOLATE_QUEUE_SIZE),
            quiet,
            millis(limits, Limit.ISOLATE_QUEUE_CONGESTED_TIMEOUT_MS)));
  }

  private static long millis(Limits limits, Limit limit) {
    return TimeUnit.MILLISECONDS.toNanos(limits.get(limit));
  }

  /**
   * Waits for a place.
   *
   * @param client who wants it: clients take turns
   * @throws FreshetException {@code TooManyConcurrentRequests}, 429, if that takes too long
   */
  public Permit acquire(Object client) {
    lock.lock();
    try {
      Condition settled = lock.newCondition();
      return await(admission.want(client, clock.monotonicNanos(), settled::signal), settled);
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
      while (waiter.admitted() == null) {
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
    if (Boolean.FALSE.equals(waiter.admitted())) {
      refused.increment();
      throw tooMany();
    }
    return this::release;
  }

  private void release() {
    lock.lock();
    try {
      admission.giveBack(clock.monotonicNanos());
    } finally {
      lock.unlock();
    }
  }

  private FreshetException tooMany() {
    return new FreshetException(
        ErrorClass.RATE_LIMITED,
        "TooManyConcurrentRequests",
        "Too many concurrent requests. Your backend is limited to "
            + count
            + " concurrent "
            + (kind.endsWith("y") ? kind.substring(0, kind.length() - 1) + "ies" : kind + "s")
            + ". A larger limit, fewer calls at once or shorter functions help.");
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
