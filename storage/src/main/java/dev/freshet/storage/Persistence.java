package dev.freshet.storage;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The only way to durable state (spec 40 §9.1): document revisions and index entries, versioned by
 * commit timestamp, and a few named global values. The SQL layout behind it is each
 * implementation's own affair.
 *
 * <p>Tables and indexes are known by small positive numbers that the database's catalog assigns and
 * never reuses. One process at a time holds a persistence open for writing.
 *
 * <p>Writes come from one thread at a time. Readers are made with {@link #newReader} and confined
 * to the thread that uses them; a reader sees every write that was acknowledged before its call.
 */
public interface Persistence extends AutoCloseable {
  /** Whether nothing was ever committed. */
  boolean isFresh();

  /** The largest timestamp of a commit, 0 when fresh. */
  long maxTimestamp();

  /**
   * Writes a group of commits, in ascending order of timestamps, as one atomic and durable step: it
   * returns after the data would survive a crash. On failure nothing of the group was written,
   * unless the exception is an {@link UnsureWriteException}.
   */
  void commit(List<CommitRecord> group);

  /**
   * Adds entries of an index that is being built. An entry that exists already, because a commit
   * wrote it in the meantime, stays as it is.
   */
  void backfillIndex(long index, List<IndexEntry> entries);

  /** Removes every entry, current and historic, of a dropped index; returns whether more remain. */
  boolean purgeIndex(long index, int atMost);

  /** Removes every revision of a dropped table's documents; returns whether more remain. */
  boolean purgeTable(long table, int atMost);

  /**
   * Forgets what only snapshots before {@code minTimestamp} can see; returns whether more remains.
   */
  boolean retain(long minTimestamp, int atMost);

  byte @Nullable [] global(String name);

  void putGlobal(String name, byte[] value);

  /** A new reader; the caller closes it. */
  PersistenceReader newReader();

  @Override
  void close();
}
