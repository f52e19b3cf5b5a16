package dev.freshet.database;

/** Watches a read set; costs nothing while nothing it read changes. Thread-safe. */
public interface Subscription extends AutoCloseable {
  /** Whether nothing it read has changed up to and including a published timestamp. */
  boolean validAt(long timestamp);

  /** The newest timestamp at which it is known to be valid. */
  long validThrough();

  /** Stops watching. The callback may still be running. Idempotent. */
  void cancel();

  @Override
  default void close() {
    cancel();
  }
}
