package dev.freshet.database;

/**
 * A published state: swapping the pointer to the newest one is all that publishing is.
 *
 * @param timestamp its newest commit
 * @param catalog the catalog at that commit
 * @param log the write log's entry of that commit; {@link WriteLog#FORGOTTEN} if it is gone
 */
record Snapshot(long timestamp, Catalog catalog, WriteLog.Entry log) {}
