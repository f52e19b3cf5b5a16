package dev.freshet.storage;

import java.util.Map;

/**
 * How large a store is, in bytes and rows. Tables and indexes share the file's trees: what each of
 * them takes on disk is its share of these trees by the bytes of its rows.
 *
 * @param formatVersion the format of the file
 * @param fileBytes the database file
 * @param logBytes the write-ahead log beside it
 * @param freeBytes pages of the file that hold nothing
 * @param expired what retention may remove already, but has not yet
 * @param oldestRevision the timestamp of the oldest revision in the log, 0 if there is none
 * @param tables by number
 * @param indexes by number
 */
public record StoreSizes(
    int formatVersion,
    long fileBytes,
    long logBytes,
    long freeBytes,
    Expired expired,
    long oldestRevision,
    Map<Long, Table> tables,
    Map<Long, Index> indexes) {

  /**
   * What no snapshot that is kept can see.
   *
   * @param revisions rows of the log, with their bytes on disk
   * @param entries historic index entries, with their bytes on disk
   */
  public record Expired(long revisions, long revisionBytes, long entries, long entryBytes) {}

  /**
   * @param documents live documents
   * @param bytes their stored forms
   * @param diskBytes their share of the file
   * @param tombstones deleted documents that are still remembered
   * @param revisions rows of the log
   * @param historyBytes their share of the file
   */
  public record Table(
      long documents,
      long bytes,
      long diskBytes,
      long tombstones,
      long revisions,
      long historyBytes) {
    public static final Table EMPTY = new Table(0, 0, 0, 0, 0, 0);
  }

  /**
   * @param entries current entries
   * @param bytes their keys
   * @param diskBytes their share of the file
   * @param oldEntries historic entries
   * @param historyBytes their share of the file
   */
  public record Index(
      long entries, long bytes, long diskBytes, long oldEntries, long historyBytes) {
    public static final Index EMPTY = new Index(0, 0, 0, 0, 0);
  }
}
