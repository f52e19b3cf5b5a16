package dev.freshet.app;

import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The latest completed calls, and what running actions have written, in memory, for {@code convex
 * logs} (spec 20 §22). Thread-safe.
 *
 * <p>Entry number {@code n} lies in slot {@code n % capacity}; {@code written} is the number of
 * entries ever made. Each entry's position is the time it was added, in milliseconds, moved up by
 * the least step where two entries or the clock would tie. A lock guards the ring; it is held for
 * copying references only, texts are made outside.
 */
public final class FunctionLog implements AutoCloseable {
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();
  private final @Nullable Entry[] ring;
  private long written;
  private double newest;
  private boolean closed;

  private record Entry(double position, LogEntry content) {
    boolean isCompletion() {
      return content instanceof FunctionCompletion;
    }
  }

  /**
   * Which entries a reader wants.
   *
   * @param session only the calls made for this WebSocket request
   * @param whole completed calls only, each with all its lines
   */
  private record Filter(@Nullable SessionRequestId session, boolean whole) {
    boolean accepts(Entry entry) {
      return (session == null || session.equals(entry.content().context().session()))
          && (!whole || entry.isCompletion());
    }
  }

  private record Batch(List<Entry> entries, double position) {}

  FunctionLog(Clock clock, int capacity) {
    this.clock = clock;
    this.ring = new Entry[capacity];
  }

  /**
   * The part of the log after a position.
   *
   * @param entries each as JSON text
   * @param newCursor the position after them; the given one if there are none
   */
  public record Page(List<String> entries, double newCursor) {}

  /** How log lines appear in the entries. */
  public enum LineFormat {
    STRUCTURED,
    TEXT
  }

  void add(LogEntry content) {
    double now = clock.unixNanos() / 1e6;
    lock.lock();
    try {
      newest = now > newest ? now : Math.nextUp(newest);
      ring[(int) (written % ring.length)] = new Entry(newest, content);
      written++;
      added.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there are entries after {@code cursor} (milliseconds since the epoch, 0 for all),
   * at most {@code wait}.
   *
   * @param session only the calls made for this WebSocket request
   * @throws FreshetException {@code OVERLOADED} when the server stops
   */
  public Page stream(
      double cursor, @Nullable SessionRequestId session, LineFormat format, Duration wait)
      throws InterruptedException {
    return page(cursor, new Filter(session, false), format, wait);
  }

  /** The same for completed calls only, each with all its lines as text. */
  public Page streamExecutions(double cursor, Duration wait) throws InterruptedException {
    return page(cursor, new Filter(null, true), LineFormat.TEXT, wait);
  }

  private Page page(double cursor, Filter filter, LineFormat format, Duration wait)
      throws InterruptedException {
    Batch batch = await(cursor, filter, wait.toNanos());
    List<String> entries = new ArrayList<>(batch.entries().size());
    for (Entry entry : batch.entries()) {
      double seconds = entry.position() / 1e3;
      entries.add(Json.write(entry.content().json(seconds, format, filter.whole())));
    }
    return new Page(entries, entries.isEmpty() ? cursor : batch.position());
  }

  private Batch await(double cursor, Filter filter, long waitNanos) throws InterruptedException {
    long remaining = waitNanos;
    double position = cursor;
    lock.lock();
    try {
      while (true) {
        List<Entry> found = after(position, filter);
        if (!found.isEmpty() || remaining <= 0) {
          return new Batch(found, newest);
        }
        if (closed) {
          throw new FreshetException(
              ErrorClass.OVERLOADED, "ServerStopping", "The server is stopping.");
        }
        position = Math.max(position, newest);
        remaining = added.awaitNanos(remaining);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<Entry> after(double position, Filter filter) {
    List<Entry> found = new ArrayList<>();
    for (long n = written - 1; n >= Math.max(0, written - ring.length); n--) {
      Entry entry = ring[(int) (n % ring.length)];
      if (entry == null || entry.position() <= position) {
        break; // positions only grow
      }
      if (filter.accepts(entry)) {
        found.add(entry);
      }
    }
    return found.reversed();
  }

  /** Ends all waits. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      added.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
