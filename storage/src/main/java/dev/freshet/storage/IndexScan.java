package dev.freshet.storage;

import org.jspecify.annotations.Nullable;

/**
 * A request for one page of an index.
 *
 * @param index the index's number
 * @param table the number of the table whose documents it points to
 * @param start the first key, inclusive
 * @param end the key to stop before; null: no end
 * @param descending whether to go from the end to the start
 * @param maxRows rows at most, at least 1
 * @param maxBytes stop after the row that reaches this many bytes of documents
 * @param atTimestamp the snapshot to read
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record IndexScan(
    long index,
    long table,
    byte[] start,
    byte @Nullable [] end,
    boolean descending,
    int maxRows,
    long maxBytes,
    long atTimestamp) {}
