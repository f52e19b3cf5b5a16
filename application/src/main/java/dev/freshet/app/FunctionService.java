package dev.freshet.app;

import dev.freshet.values.FreshetException;

/**
 * Calls the deployment's functions (spec 30 §3, §5, §9-11). All methods block, are meant for
 * virtual threads, and may be called from any number of them.
 *
 * <p>Failures of a function that its caller may see (an exception of the user's code, bad
 * arguments, an unknown path, a limit) are {@link CallOutcome.Failure}s. What is thrown instead is
 * a failure of the request or the system, whose {@code errorClass} tells how to answer: {@code
 * RATE_LIMITED} (too many at once), {@code OCC} (a mutation lost too often), {@code OVERLOADED},
 * {@code OUT_OF_RETENTION}, {@code INTERNAL}.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class FunctionService {
  FunctionService() {}

  /** The newest commit that reads may see; never goes back. */
  public long latestTimestamp() {
    throw FreshetException.notYetAvailable("Calling functions");
  }

  public QueryResult query(QueryRequest request) {
    throw FreshetException.notYetAvailable("Calling functions");
  }

  public MutationResult mutation(MutationRequest request) {
    throw FreshetException.notYetAvailable("Calling functions");
  }

  /**
   * Actions are not built yet.
   *
   * @throws FreshetException {@code NotYetAvailable}
   */
  public CallOutcome action(MutationRequest request) {
    throw FreshetException.notYetAvailable("Calling actions");
  }

  /**
   * Runs a function of any kind, for {@code /api/function} and {@code /api/run} (spec 10 §12). An
   * unknown path is answered with the text those endpoints use.
   */
  public CallOutcome anyFunction(MutationRequest request) {
    throw FreshetException.notYetAvailable("Calling functions");
  }

  /**
   * Watches a result: {@code onInvalid} is called once, from a thread that must not be kept, as
   * soon as a commit changed something the query read (at once if it already has).
   */
  public QuerySubscription subscribe(QueryResult result, Runnable onInvalid) {
    throw FreshetException.notYetAvailable("Calling functions");
  }
}
