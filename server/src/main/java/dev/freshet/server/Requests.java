package dev.freshet.server;

import dev.freshet.app.Permits;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP requests being handled: bounds how many run at once, interrupts those that take too
 * long, and waits for the rest when the server stops. Thread-safe.
 */
final class Requests {
  private final Clock clock;
  private final Permits permits;
  private final long timeoutNanos;
  private final Set<Running> running = ConcurrentHashMap.newKeySet();

  Requests(Clock clock, Permits permits, long timeoutNanos) {
    this.clock = clock;
    this.permits = permits;
    this.timeoutNanos = timeoutNanos;
  }

  /** One request; close it on the thread that began it. */
  final class Running implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    private final long startedAt;
    private final long waitedNanos;
    private Permits.@Nullable Permit permit;
    private final boolean mayEnd;
    private boolean timed = true;
    private boolean timedOut;
    private boolean ended;

    private Running(
        long startedAt, long waitedNanos, Permits.@Nullable Permit permit, boolean mayEnd) {
      this.startedAt = startedAt;
      this.waitedNanos = waitedNanos;
      this.permit = permit;
      this.mayEnd = mayEnd;
    }

    private synchronized void timeOut() {
      if (timed && !ended && !timedOut) {
        timedOut = true;
        thread.interrupt();
      }
    }

    private synchronized void interrupt() {
      if (!ended) {
        thread.interrupt();
      }
    }

    /** Its time is limited by others from now on. */
    synchronized void stopClock() {
      timed = false;
    }

    /** Gives its place up: what it waits for has a place of another kind, and may take long. */
    synchronized void leavePlace() {
      if (permit != null) {
        permit.close();
        permit = null;
      }
    }

    /** How long it waited for its place. */
    long waitedNanos() {
      return waitedNanos;
    }

    synchronized boolean timedOut() {
      return timedOut;
    }

    @Override
    public void close() {
      synchronized (this) {
        ended = true;
      }
      running.remove(this);
      leavePlace();
    }
  }

  /**
   * Waits for a place and takes it.
   *
   * @param unlimited whether it takes no place
   * @param client who sent it
   * @throws FreshetException {@code ExpiredInQueue} or {@code ExecuteFullError} in overload
   */
  Running begin(boolean unlimited, Object client) {
    long startedAt = clock.monotonicNanos();
    Permits.Permit permit = unlimited ? null : permits.acquire(client, 0);
    return add(new Running(startedAt, clock.monotonicNanos() - startedAt, permit, !unlimited));
  }

  /** A request without a place that may end by itself when the server stops. */
  Running beginOpenEnded() {
    return add(new Running(clock.monotonicNanos(), 0, null, true));
  }

  private Running add(Running request) {
    running.add(request);
    return request;
  }

  /** Interrupts the requests that have taken too long; to be called now and then. */
  void interruptOverdue() {
    long now = clock.monotonicNanos();
    for (Running request : running) {
      if (now - request.startedAt >= timeoutNanos) {
        request.timeOut();
      }
    }
  }

  /**
   * Ends the requests without a place, which may wait for long, so that their clients come back.
   */
  void interruptUnlimited() {
    for (Running request : running) {
      if (!request.mayEnd) {
        request.interrupt();
      }
    }
  }

  /** Waits until no request runs; returns whether that happened in time. */
  boolean awaitIdle(long millis) throws InterruptedException {
    long deadline = clock.monotonicNanos() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (!running.isEmpty()) {
      if (clock.monotonicNanos() >= deadline) {
        return false;
      }
      Thread.sleep(10);
    }
    return true;
  }
}
