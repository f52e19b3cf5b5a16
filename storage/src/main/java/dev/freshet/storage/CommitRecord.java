package dev.freshet.storage;

import dev.freshet.values.InternalId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything one commit writes.
 *
 * @param timestamp its commit timestamp, larger than every one before
 * @param documents the revisions it writes, at most one for each document; may be empty
 * @param indexes the index entries that appear or disappear; an entry whose key a write left
 *     unchanged is not mentioned
 */
public record CommitRecord(
    long timestamp, List<DocumentWrite> documents, List<IndexWrite> indexes) {
  /**
   * @param table the table's number
   * @param id the document
   * @param previousTimestamp the revision it replaces, 0 if there is none
   * @param value the stored form; null: the document is deleted
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record DocumentWrite(
      long table, InternalId id, long previousTimestamp, byte @Nullable [] value) {}

  /**
   * @param index the index's number
   * @param table the number of the table whose document it points to
   * @param key the whole key
   * @param id the document the entry points to; one of those the same commit writes
   * @param present whether the entry appears with this commit, or disappears
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record IndexWrite(long index, long table, byte[] key, InternalId id, boolean present) {}
}
