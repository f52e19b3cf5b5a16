package dev.freshet.database;

/**
 * A nested part of a transaction (spec 40 §7.3): its writes can be taken back, its reads and its
 * usage stay. Ends in the reverse order of beginning.
 */
public interface Subtransaction extends AutoCloseable {
  /** Keeps the writes. */
  void commit();

  /** Takes the writes back. */
  void rollback();

  /** Rolls back unless it has ended already. */
  @Override
  void close();
}
