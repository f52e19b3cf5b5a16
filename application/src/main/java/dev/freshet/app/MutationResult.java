package dev.freshet.app;

/**
 * What a mutation returned.
 *
 * @param timestamp of the commit (of a read-only mutation: of its snapshot) if it succeeded, else
 *     the latest commit when it failed
 */
public record MutationResult(long timestamp, CallOutcome outcome) {}
