package dev.freshet.storage;

import dev.freshet.values.InternalId;

/**
 * An index entry for backfill: present since {@code sinceTimestamp}.
 *
 * @param key the whole index key; ends with something unique to the document
 * @param id the document
 * @param sinceTimestamp the commit that wrote the revision the key was computed from
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record IndexEntry(byte[] key, InternalId id, long sinceTimestamp) {}
