package dev.freshet.database;

import dev.freshet.storage.Persistence;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** The transactional, reactive document database (spec 40). Thread-safe. */
public final class Database implements AutoCloseable {
  private Database() {}

  /**
   * Opens a database. A fresh persistence gets the system tables; an existing one is ready as soon
   * as its catalog is read. System tables that are missing are created.
   *
   * @param persistence closed together with the database
   * @param random thread-safe and unpredictable: makes ids
   * @param systemTables the application's own system tables
   */
  public static Database open(
      Persistence persistence,
      Clock clock,
      RandomGenerator random,
      Limits limits,
      List<SystemTable<?>> systemTables) {
    throw notYet();
  }

  /** The newest published commit. */
  public long latestTimestamp() {
    throw notYet();
  }

  /** The catalog of the newest snapshot. */
  public Catalog catalog() {
    throw notYet();
  }

  /** A transaction at the newest snapshot. */
  public Transaction begin(TransactionOptions options) {
    throw notYet();
  }

  /**
   * A transaction at a published timestamp of the recent past; it may be committed if it wrote
   * nothing.
   *
   * @throws FreshetException OUT_OF_RETENTION if it is too long ago, BAD_REQUEST if it is in the
   *     future
   */
  public Transaction beginAt(long timestamp, TransactionOptions options) {
    throw notYet();
  }

  /**
   * Commits: returns the commit timestamp once the writes are durable and published; the begin
   * timestamp if there is nothing to write.
   *
   * @throws ConflictException if a concurrent commit changed what the transaction read
   * @throws FreshetException OVERLOADED {@code CommitterFullError}; INTERNAL if the write failed
   */
  public long commit(Transaction transaction, WriteSource source) {
    throw notYet();
  }

  /** Waits until a timestamp that was assigned to a commit is published, or its commit failed. */
  public void awaitTimestamp(long timestamp) {
    throw notYet();
  }

  /**
   * Watches a read set that was valid at a published timestamp. The listener is called once, from a
   * thread it must not keep, when a commit changed something of it; soon, too, if one already has.
   */
  public Subscription subscribe(
      ReadSet readSet, long validThrough, Consumer<Invalidation> listener) {
    throw notYet();
  }

  /**
   * Whether a read set that was valid at {@code from} still is at {@code to}; false also when that
   * is too long ago to know.
   */
  public boolean refresh(ReadSet readSet, long from, long to) {
    throw notYet();
  }

  /** Stops taking commits, waits for those under way, and closes the persistence. */
  @Override
  public void close() {}

  private static FreshetException notYet() {
    return FreshetException.notYetAvailable("The database");
  }
}
