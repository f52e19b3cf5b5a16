package dev.freshet.server;

import dev.freshet.values.Clock;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The HTTP requests being handled: bounds how many run at once, interrupts those that take too
 * long, and waits for the rest when the server stops. Thread-safe.
 */
final class Requests {
  private final Clock clock;
  private final Semaphore permits;
  private final long timeoutNanos;
  private final Set<Running> running = ConcurrentHashMap.newKeySet();

  Requests(Clock clock, int maxConcurrent, long timeoutNanos) {
    this.clock = clock;
    this.permits = new Semaphore(maxConcurrent);
    this.timeoutNanos = timeoutNanos;
  }

  /** One request; close it on the thread that began it. */
  final class Running implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    private final long startedAt;
    private final boolean hasPermit;
    private boolean timedOut;
    private boolean ended;

    private Running(long startedAt, boolean hasPermit) {
      this.startedAt = startedAt;
      this.hasPermit = hasPermit;
    }

    private synchronized void timeOut() {
      if (!ended && !timedOut) {
        timedOut = true;
        thread.interrupt();
      }
    }

    private synchronized void interrupt() {
      if (!ended) {
        thread.interrupt();
      }
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
      if (hasPermit) {
        permits.release();
      }
    }
  }

  /**
   * Waits for a place and takes it.
   *
   * @param waits whether the request will mostly wait: it takes no place then
   */
  Running begin(boolean waits) throws InterruptedException {
    long startedAt = clock.monotonicNanos();
    if (!waits) {
      permits.acquire();
    }
    Running request = new Running(startedAt, !waits);
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

  /** Ends the requests that wait for something to happen, so that their clients come back. */
  void interruptWaiting() {
    for (Running request : running) {
      if (!request.hasPermit) {
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
