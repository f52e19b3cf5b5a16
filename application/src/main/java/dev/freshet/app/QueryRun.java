package dev.freshet.app;

import dev.freshet.database.ReadSet;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a query and what it depends on, shared by everybody it answers. Its result never
 * changes; who watches it does. Compared by identity. Thread-safe.
 */
final class QueryRun {
  /** The run's own objects: itself, its execution and what that counts. */
  private static final long OWN_WEIGHT = 320;

  /** A log line without its text. */
  private static final long LINE_WEIGHT = 112;

  private final Execution execution;
  private final ReadSet readSet;
  private final long timestamp;
  private final @Nullable String journal;
  private volatile byte @Nullable [] hash;
  private volatile @Nullable Audience audience;

  /**
   * @param readSet what it read, also if it failed
   * @param timestamp the snapshot it ran at
   * @param journal sealed, as clients keep it
   */
  QueryRun(Execution execution, ReadSet readSet, long timestamp, @Nullable String journal) {
    this.execution = execution;
    this.readSet = readSet;
    this.timestamp = timestamp;
    this.journal = journal;
  }

  Execution execution() {
    return execution;
  }

  ReadSet readSet() {
    return readSet;
  }

  long timestamp() {
    return timestamp;
  }

  @Nullable String journal() {
    return journal;
  }

  /** The hash of what is told of it, computed once for all if it is the same for all. */
  byte[] hash(CallOutcome outcome) {
    if (!(outcome instanceof CallOutcome.Success)) {
      return outcome.hash();
    }
    byte[] known = hash;
    if (known == null) {
      known = outcome.hash();
      hash = known; // two may compute it at once: they get the same
    }
    return known;
  }

  /** Adds a watcher to those there are. */
  QuerySubscription watch(Audience.Stage stage, QueryRequest request, long validAt, Runnable told) {
    Audience present = audience;
    QuerySubscription seat = present == null ? null : present.join(request, told);
    if (seat != null) {
      return seat;
    }
    synchronized (this) {
      present = audience;
      seat = present == null ? null : present.join(request, told);
      if (seat == null) {
        Audience gathered = new Audience(stage, this);
        seat = gathered.open(request, validAt, told);
        audience = gathered;
      }
      return seat;
    }
  }

  /** The memory that keeping it takes, in bytes: what is behind it, and a constant for itself. */
  long weight() {
    long weight = OWN_WEIGHT + readSet.heapBytes() + HeapSize.array(execution.returnBytes());
    for (CallLogLine line : execution.logLines()) {
      weight += LINE_WEIGHT;
      for (String message : line.line().messages()) {
        weight += HeapSize.of(message);
      }
    }
    return weight + HeapSize.of(journal);
  }
}
