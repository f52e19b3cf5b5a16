package dev.freshet.storage;

import dev.freshet.values.InternalId;
import org.jspecify.annotations.Nullable;

/**
 * A request for one page of a table's documents in the order of their ids.
 *
 * @param table the table's number
 * @param start the first id, inclusive; null: from the beginning
 * @param end the id to stop before; null: no end
 * @param descending whether to go from the end to the start
 * @param maxRows rows at most, at least 1
 * @param maxBytes stop after the row that reaches this many bytes of documents
 * @param atTimestamp the snapshot to read
 */
public record TableScan(
    long table,
    @Nullable InternalId start,
    @Nullable InternalId end,
    boolean descending,
    int maxRows,
    long maxBytes,
    long atTimestamp) {}
