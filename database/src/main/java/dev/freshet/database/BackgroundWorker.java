package dev.freshet.database;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that looks for work whenever the catalog changed. A failure is logged, and the work is
 * looked for again after a pause that grows with every failure in a row.
 */
final class BackgroundWorker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BackgroundWorker.class);
  private static final long FIRST_PAUSE_MILLIS = 10;
  private static final long LAST_PAUSE_MILLIS = 5_000;

  /** Tells a task whether it should give up. */
  interface Stop {
    boolean isRequested();
  }

  /** The work. */
  interface Task {
    /**
     * Does all there is to do now.
     *
     * @return milliseconds after which to look again even if nothing changes; 0: not needed
     */
    long work(Stop stop);

    /** Called after the last {@link #work}, when giving up has been asked for. */
    default void end() {}
  }

  private final Task task;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition signalled = lock.newCondition();
  private boolean pending = true;
  private volatile boolean closed;

  BackgroundWorker(String name, Task task) {
    this.task = task;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** There may be work. */
  void signal() {
    lock.lock();
    try {
      pending = true;
      signalled.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    long pause = 0;
    int failures = 0;
    while (!closed) {
      if (!await(pause, failures > 0)) {
        return;
      }
      try {
        pause = task.work(() -> closed);
        failures = 0;
      } catch (RuntimeException e) {
        if (closed) {
          return;
        }
        LOG.warn("background work has failed and will be tried again", e);
        pause = Math.min(FIRST_PAUSE_MILLIS << Math.min(failures, 20), LAST_PAUSE_MILLIS);
        failures++;
      }
    }
  }

  /** Waits for a signal, or the pause; false if closed. After a failure only the pause counts. */
  private boolean await(long pauseMillis, boolean failed) {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(pauseMillis);
      while (!closed && (failed ? left > 0 : !pending && (pauseMillis == 0 || left > 0))) {
        if (pauseMillis == 0) {
          signalled.await();
        } else {
          left = signalled.awaitNanos(left);
        }
      }
      pending = false;
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    closed = true;
    signal();
    try {
      thread.join();
      task.end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
