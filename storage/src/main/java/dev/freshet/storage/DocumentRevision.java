package dev.freshet.storage;

import dev.freshet.values.InternalId;

/**
 * One revision of a document.
 *
 * @param id the document
 * @param timestamp the commit that wrote it
 * @param value the stored form: a format byte and the document (decision 3). Not to be changed.
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record DocumentRevision(InternalId id, long timestamp, byte[] value) {}
