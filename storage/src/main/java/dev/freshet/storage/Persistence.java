package dev.freshet.storage;

import dev.freshet.values.InternalId;
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
 * <p>Commits come from one thread at a time; background work ({@link #backfillIndex}, {@link
 * #purgeIndex}, {@link #purgeTable}, {@link #retain}, globals) may come from others: every call is
 * one atomic step, and the steps of all threads happen one after the other, so batches should be
 * small. Commits and globals are durable when the call returns. What other background work wrote is
 * durable with the next commit or global after it; a crash before may undo its last steps, in the
 * order opposite to theirs. Readers are made with {@link #newReader} and confined to the thread
 * that uses them; a reader sees every write that was acknowledged before its call.
 */
public interface Persistence extends AutoCloseable {
  /** Whether nothing was ever committed. */
  boolean isFresh();

  /** The largest timestamp of a commit, 0 when fresh. */
  long maxTimestamp();

  /**
   * Writes a group of commits, in ascending order of timestamps, as one atomic and durable step: it
   * returns after the data would survive a crash. On failure nothing of the group was written, nor
   * will it appear after a crash, unless the exception is an {@link UnsureWriteException}, which is
   * thrown only where the truth can't be established; after that one no write is accepted until the
   * persistence has been closed and opened again, which also tells what was written.
   */
  void commit(List<CommitRecord> group);

  /**
   * Adds entries of an index that is being built, each computed from the revision of {@link
   * IndexEntry#sinceTimestamp}. An entry is added only if that revision is still the document's
   * newest at the moment of this call, so that an entry that a commit removed in the meantime
   * doesn't come back; one that is present already stays as it is.
   *
   * <p>The rule for a correct index: every commit after the one that declared the index mentions it
   * in its {@link CommitRecord#indexes} (a removal of an entry that isn't there yet does nothing);
   * after that the builder walks the table at any snapshot from the declaring commit on and calls
   * this method for every document; for the documents returned it takes the newest revision (there
   * may be none) and calls again, until none is returned. From then on the index is exact for
   * snapshots not older than the last of these calls.
   *
   * @param table the table whose documents the index points to
   * @return the documents whose entries were not added because they have a newer revision or were
   *     deleted
   */
  List<InternalId> backfillIndex(long index, long table, List<IndexEntry> entries);

  /**
   * Removes at most {@code atMost} entries, current or historic, of a dropped index; returns
   * whether more may remain.
   */
  boolean purgeIndex(long index, int atMost);

  /**
   * Removes at most {@code atMost} documents of a dropped table with all their revisions, fewer if
   * they are large; returns whether more may remain. What the log says about the table goes with
   * {@link #retain}.
   */
  boolean purgeTable(long table, int atMost);

  /**
   * Forgets what no snapshot within {@code bounds} can see, at most {@code atMost} rows of it,
   * fewer if they are large; returns whether more may remain. The caller reads no older snapshot
   * from this call on. The bounds are noted in the same step, so {@link #retained} never promises
   * what is gone.
   */
  boolean retain(RetentionBounds bounds, int atMost);

  /** The furthest bounds that {@link #retain} was called with, also before a restart. */
  RetentionBounds retained();

  /**
   * The numbers of all indexes that have entries, current or historic, in ascending order. Costs a
   * few lookups for each of them.
   */
  List<Long> indexesWithEntries();

  byte @Nullable [] global(String name);

  void putGlobal(String name, byte[] value);

  /** A new reader; the caller closes it. */
  PersistenceReader newReader();

  /** Ends background work and closes the files. Readers must have been closed before. */
  @Override
  void close();
}
