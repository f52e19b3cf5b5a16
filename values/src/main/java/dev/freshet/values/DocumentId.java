package dev.freshet.values;

/**
 * An id as users see it (spec 40 §2).
 *
 * @param tableNumber the table's number, unsigned 32 bits, at least 1
 * @param internalId the document inside that table
 */
public record DocumentId(int tableNumber, InternalId internalId) {}
