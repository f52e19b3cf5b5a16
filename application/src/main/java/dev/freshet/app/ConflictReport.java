package dev.freshet.app;

import dev.freshet.database.ConflictException;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Which mutations lose against which writers over which documents, and how often, since the server
 * started: for operators. In memory, bounded: what has been quiet for longest is forgotten first.
 * The server's log gets a line at a conflict, unless it got one a short time ago; so it says
 * nothing while there are none. Of users' data, ids alone are kept and logged. Thread-safe.
 */
public final class ConflictReport {
  private static final Logger LOG = LoggerFactory.getLogger(ConflictReport.class);

  private record Key(
      String function,
      @Nullable String table,
      @Nullable String document,
      @Nullable String winner) {}

  private static final class Count {
    long conflicts;
    long failures;
    int mostRetries;
    long lastMillis;
  }

  /**
   * One line of the report.
   *
   * @param function that lost, e.g. {@code messages.js:send}
   * @param table of the document; null where unknown
   * @param document its id; null where unknown
   * @param winner the function or system writer that changed it; null where unknown
   * @param conflicts how often
   * @param failures how often so that the caller got the error
   * @param mostRetries the most re-runs that one call needed
   * @param lastMillis when it last happened, in milliseconds since the epoch
   */
  public record Line(
      String function,
      @Nullable String table,
      @Nullable String document,
      @Nullable String winner,
      long conflicts,
      long failures,
      int mostRetries,
      long lastMillis) {}

  /**
   * A line for the server's log.
   *
   * @param failures how many of the conflicts in it reached callers
   */
  record Notice(String text, long failures) {}

  private final Clock clock;
  private final int most;
  private final long intervalNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashMap<Key, Count> counts = new LinkedHashMap<>(16, 0.75f, true);
  private long untold;
  private long untoldFailures;
  private long toldAt;

  ConflictReport(Limits limits, Clock clock) {
    this.clock = clock;
    this.most = limits.getInt(Limit.MAX_CONFLICTS_KEPT);
    this.intervalNanos =
        TimeUnit.SECONDS.toNanos(limits.get(Limit.CONFLICT_REPORT_INTERVAL_SECONDS));
    this.toldAt = clock.monotonicNanos() - intervalNanos;
  }

  /**
   * Notes a lost run.
   *
   * @param retryCount how often the call had been run again before
   */
  void add(String function, ConflictException conflict, int retryCount, boolean willRetry) {
    Notice notice = count(function, conflict, retryCount, willRetry);
    if (notice != null) {
      LOG.atLevel(notice.failures() > 0 ? Level.WARN : Level.INFO).log(notice.text());
    }
  }

  /** As {@link #add}, with what to log. */
  @Nullable Notice count(
      String function, ConflictException conflict, int retryCount, boolean willRetry) {
    var document = conflict.document();
    Key key =
        new Key(
            function,
            conflict.table(),
            document == null ? null : document.encode(),
            conflict.source().text());
    lock.lock();
    try {
      Count count = counts.computeIfAbsent(key, _ -> new Count());
      count.conflicts++;
      count.lastMillis = clock.unixMillis();
      count.mostRetries = Math.max(count.mostRetries, willRetry ? retryCount + 1 : retryCount);
      untold++;
      if (!willRetry) {
        count.failures++;
        untoldFailures++;
      }
      if (counts.size() > most) {
        counts.pollFirstEntry();
      }
      return notice(key);
    } finally {
      lock.unlock();
    }
  }

  /** What to say in the server's log; null if something was said a short time ago. */
  private @Nullable Notice notice(Key latest) {
    long now = clock.monotonicNanos();
    if (now - toldAt < intervalNanos) {
      return null;
    }
    String text =
        "Conflicts of mutations: %d since the last such line, of which %d reached callers."
                .formatted(untold, untoldFailures)
            + " The latest: %s against %s, document %s of table %s"
                .formatted(
                    latest.function(),
                    known(latest.winner()),
                    known(latest.document()),
                    known(latest.table()));
    Notice notice = new Notice(text, untoldFailures);
    toldAt = now;
    untold = 0;
    untoldFailures = 0;
    return notice;
  }

  private static String known(@Nullable String name) {
    return name == null ? "unknown" : name;
  }

  /** The report, the most frequent conflict first. */
  public List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    lock.lock();
    try {
      for (Map.Entry<Key, Count> entry : counts.entrySet()) {
        Key key = entry.getKey();
        Count count = entry.getValue();
        lines.add(
            new Line(
                key.function(),
                key.table(),
                key.document(),
                key.winner(),
                count.conflicts,
                count.failures,
                count.mostRetries,
                count.lastMillis));
      }
    } finally {
      lock.unlock();
    }
    lines.sort(
        Comparator.comparingLong(Line::conflicts).thenComparingLong(Line::lastMillis).reversed());
    return lines;
  }
}
