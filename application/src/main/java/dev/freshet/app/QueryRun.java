package dev.freshet.app;

import dev.freshet.database.ReadSet;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a query and what it depends on, shared by everybody it answers. Its result never
 * changes; who watches it does. Compared by identity. Thread-safe.
 */
final class QueryRun {
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

  /** An estimate of the memory that keeping it takes. */
  long weight() {
    return 512L
        + execution.returnBytes()
        + 128L * readSet.size()
        + 256L * execution.logLines().size();
  }
}
