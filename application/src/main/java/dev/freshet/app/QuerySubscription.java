package dev.freshet.app;

/** Watches one query result. Thread-safe. */
public interface QuerySubscription extends AutoCloseable {
  /**
   * Whether the result still holds at a timestamp, not older than the result's and not newer than
   * {@link FunctionService#latestTimestamp}. Costs next to nothing while nothing it read changes;
   * never runs the query.
   */
  boolean validAt(long timestamp);

  /** Stops watching; the callback may still be running. */
  @Override
  void close();
}
