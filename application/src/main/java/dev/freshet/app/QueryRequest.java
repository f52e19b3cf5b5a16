package dev.freshet.app;

import org.jspecify.annotations.Nullable;

/**
 * A query to run.
 *
 * @param args encoded JSON, UTF-8: the object, or the legacy array with at most that one object
 * @param componentPath null or empty for the app itself
 * @param journal what an earlier run of the same live query returned
 * @param at the commit timestamp to read at, or null for the latest
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record QueryRequest(
    FunctionPath path,
    byte[] args,
    Identity identity,
    @Nullable String componentPath,
    @Nullable String journal,
    @Nullable Long at,
    RequestContext context) {

  /** The same live query once more, now, after a run that returned the journal. */
  QueryRequest again(@Nullable String next) {
    return new QueryRequest(
        path,
        args,
        identity,
        componentPath,
        next,
        null,
        context.withRequestId(RequestContext.newRequestId()));
  }
}
