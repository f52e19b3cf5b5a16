package dev.freshet.storage;

import dev.freshet.values.InternalId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a store holds as of the moment of opening, for tools: it changes nothing and
 * works beside a server that writes. Confined to one thread. Every method may throw a {@link
 * dev.freshet.values.FreshetException} {@code DatabaseDamaged} if the file can't be read on.
 */
public interface StoreInspection extends AutoCloseable {
  /** The timestamp of the newest commit, 0 when there is none. */
  long maxTimestamp();

  /** How far back the history must reach. */
  RetentionBounds retained();

  byte @Nullable [] global(String name);

  /** How large everything is. Reads the whole file. */
  StoreSizes sizes(Progress progress);

  /**
   * Checks what the store promises by itself, without knowing the catalog, beside {@link #walk}.
   */
  void check(Consumer<Finding> findings, Progress progress);

  /**
   * Visits every document with its revisions, deleted ones included, and checks on the way that
   * they are linked as they must be.
   */
  void walk(RevisionVisitor visitor, Consumer<Finding> findings, Progress progress);

  /** Visits the documents of one table with their revisions. */
  void walkTable(long table, RevisionVisitor visitor);

  /** Visits one document with its revisions; nothing if there is none of this number. */
  void walkDocument(long number, RevisionVisitor visitor);

  /** The current entry at a key; null if there is none. */
  @Nullable Entry entry(long index, byte[] key);

  /** Visits the current entries of an index in the order in which they are kept. */
  void entries(long index, Consumer<Entry> visitor);

  /** How many entries an index has lost at a later timestamp than the given one, still held. */
  long removedEntryCount(long index, long afterTimestamp);

  /** The entry that disappeared at exactly this timestamp; null if there is none. */
  @Nullable Entry removedEntry(long index, long untilTimestamp, byte[] key);

  /** Visits the entries that an index lost at a later timestamp than the given one. */
  void removedEntries(long index, long afterTimestamp, Consumer<Entry> visitor);

  @Override
  void close();

  /**
   * An entry of an index.
   *
   * @param key the whole key
   * @param since the commit that added it
   * @param until the commit that removed it; 0: it is current
   * @param document the number that {@link RevisionVisitor#document} gets of the document
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Entry(byte[] key, long since, long until, long document) {}

  /** Sees documents one after the other: {@code document}, {@code revision}..., {@code end}. */
  interface RevisionVisitor {
    /**
     * A document begins.
     *
     * @param number by which index entries point to it
     */
    void document(long number, long table, InternalId id);

    /**
     * Its next revision, newest first.
     *
     * @param value null: it was deleted
     */
    void revision(long timestamp, byte @Nullable [] value);

    /**
     * There are no more revisions.
     *
     * @param complete whether the last one created the document; else earlier ones are not kept
     */
    void end(boolean complete);
  }

  /** Told now and then how far a long piece of work is. */
  interface Progress {
    Progress NONE = (_, _, _) -> {};

    /**
     * @param what the work
     * @param total 0: not known
     */
    void at(String what, long done, long total);
  }
}
