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

/**
 * Which mutations lose against which writers over which documents, and how often, since the server
 * started: for operators. In memory, bounded: what has been quiet for longest is forgotten first.
 * Thread-safe.
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

  private final Clock clock;
  private final int most;
  private final long intervalNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashMap<Key, Count> counts = new LinkedHashMap<>(16, 0.75f, true);
  private long sinceTold;
  private long failedSinceTold;
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
    var document = conflict.document();
    Key key =
        new Key(
            function,
            conflict.table(),
            document == null ? null : document.encode(),
            conflict.source().text());
    String line;
    lock.lock();
    try {
      Count count = counts.computeIfAbsent(key, _ -> new Count());
      count.conflicts++;
      count.lastMillis = clock.unixMillis();
      count.mostRetries = Math.max(count.mostRetries, willRetry ? retryCount + 1 : retryCount);
      sinceTold++;
      if (!willRetry) {
        count.failures++;
        failedSinceTold++;
      }
      if (counts.size() > most) {
        counts.pollFirstEntry();
      }
      line = line(key);
    } finally {
      lock.unlock();
    }
    if (line != null) {
      LOG.warn(line);
    }
  }

  /** What to say in the server's log; null if something was said a short time ago. */
  private @Nullable String line(Key last) {
    long now = clock.monotonicNanos();
    if (now - toldAt < intervalNanos) {
      return null;
    }
    String line =
        "Mutations lost "
            + sinceTold
            + (sinceTold == 1 ? " conflict" : " conflicts")
            + " since this was last said, "
            + failedSinceTold
            + " of them for good; the latest: "
            + last.function()
            + " against "
            + (last.winner() == null ? "an unknown writer" : last.winner())
            + " over "
            + (last.document() == null ? "a document" : last.document())
            + " of table "
            + (last.table() == null ? "unknown" : last.table());
    toldAt = now;
    sinceTold = 0;
    failedSinceTold = 0;
    return line;
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
