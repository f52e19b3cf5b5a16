package dev.freshet.app;

import org.jspecify.annotations.Nullable;

/**
 * A mutation to run. If the context names a session request, the mutation is executed at most once
 * for it: a repeat answers the stored result.
 *
 * @param args encoded JSON, UTF-8: the object, or the legacy array with at most that one object
 * @param componentPath null or empty for the app itself
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record MutationRequest(
    FunctionPath path,
    byte[] args,
    Identity identity,
    @Nullable String componentPath,
    RequestContext context) {}
