package dev.freshet.app;

import org.jspecify.annotations.Nullable;

/**
 * What a query returned and how long that stays true.
 *
 * @param timestamp the snapshot the query was asked at; the result holds there
 * @param journal to be sent to the client and given back when the query runs again
 * @param dependencies what was read: pass it to {@link FunctionService#subscribe}
 */
public record QueryResult(
    long timestamp, CallOutcome outcome, @Nullable String journal, QueryDependencies dependencies) {

  /** {@link CallOutcome#hash} of the outcome, computed once for all who share the run. */
  public byte[] hash() {
    return dependencies.run().hash(outcome);
  }
}
