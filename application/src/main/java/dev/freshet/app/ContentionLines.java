package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.Comparator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Lines of mutations that want the same key, so that load on a hot key becomes serial execution
 * instead of one winner and many losers (architecture §4). Thread-safe.
 *
 * <p>A line exists while somebody stands in it; the first conflict about a key opens it. Who lost
 * about the key stands in line, and so does whoever is about to commit something that read it: so
 * the one at the head of the line is alone with the key, and wins. Everything else stays
 * optimistic.
 *
 * <p>Nobody stands in two lines at once, so nobody waits for each other in a circle; who wants two
 * hot keys takes its chances with the other one. Nobody waits for long either: after {@link
 * #LONGEST_WAIT_SECONDS} the chances are taken out of turn.
 */
final class ContentionLines {
  private static final long LONGEST_WAIT_SECONDS = 3;

  private final ConcurrentHashMap<Object, Line> lines = new ConcurrentHashMap<>();
  private final AtomicLong opened = new AtomicLong();

  private static final class Line {
    final Object key;
    final long number;
    final Semaphore head = new Semaphore(1, true);

    /** Changed inside of {@code lines.compute} only. */
    int standing;

    Line(Object key, long number) {
      this.key = key;
      this.number = number;
    }
  }

  /** The place at the head of a line. */
  final class Turn implements AutoCloseable {
    private final Line line;

    private Turn(Line line) {
      this.line = line;
    }

    /** Lets the next one go ahead; exactly once. */
    @Override
    public void close() {
      line.head.release();
      leave(line);
    }
  }

  /** Opens the key's line, if need be, and waits for the turn; null if that takes too long. */
  @Nullable Turn enter(Object key) {
    return await(
        lines.compute(
            key,
            (_, line) -> {
              Line joined = line != null ? line : new Line(key, opened.incrementAndGet());
              joined.standing++;
              return joined;
            }));
  }

  /**
   * Waits in the line of a key that the transaction read; null at once if there is no such line, or
   * if it takes too long.
   */
  @Nullable Turn enterFor(Transaction transaction) {
    if (lines.isEmpty()) {
      return null;
    }
    var reads = transaction.readSet();
    Line wanted =
        lines.values().stream()
            .filter(line -> reads.touches(line.key))
            .min(Comparator.comparingLong(line -> line.number))
            .orElse(null);
    if (wanted == null) {
      return null;
    }
    Line joined =
        lines.computeIfPresent(
            wanted.key,
            (_, line) -> {
              line.standing++;
              return line;
            });
    return joined == null ? null : await(joined);
  }

  private @Nullable Turn await(Line line) {
    try {
      if (line.head.tryAcquire(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)) {
        return new Turn(line);
      }
      leave(line);
      return null;
    } catch (InterruptedException e) {
      leave(line);
      Thread.currentThread().interrupt();
      throw new FreshetException(
          ErrorClass.OVERLOADED, "ServerStopping", "The server is stopping.", null, e);
    }
  }

  private void leave(Line left) {
    lines.computeIfPresent(left.key, (_, line) -> --line.standing == 0 ? null : line);
  }

  /** How many lines there are. */
  int count() {
    return lines.size();
  }
}
