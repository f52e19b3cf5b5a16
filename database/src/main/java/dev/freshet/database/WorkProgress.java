package dev.freshet.database;

import org.jspecify.annotations.Nullable;

/**
 * How far a walk over the documents of tables is.
 *
 * @param done documents that it has passed
 * @param total how many there were when it began; null if nobody counted them
 */
public record WorkProgress(long done, @Nullable Long total) {}
