package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationResult;
import dev.freshet.app.SessionRequestId;
import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.values.FreshetException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts what a {@link SyncSession} must not wait for. Each call returns at once; its result comes
 * back as an event of the session.
 */
interface SyncWork {
  /** Answered by {@link SyncSession#onComputed}, once per call. */
  void compute(List<QueryTask> tasks, Identity identity, long timestamp);

  /** Answered by {@link SyncSession#onMutationDone}, once per call. */
  void mutate(RequestTask task);

  /** Answered by {@link SyncSession#onActionDone}, once per call. */
  void act(RequestTask task);

  /** Answered by {@link SyncSession#onInvalidated}, once the database has reached the timestamp. */
  void await(long timestamp);

  /** A query to run. */
  record QueryTask(LiveQuery query, @Nullable String journal) {}

  /** A mutation or action to run. */
  record RequestTask(
      long requestId, FunctionCall call, Identity identity, @Nullable SessionRequestId session) {}

  /** What became of a {@link QueryTask}: a result or a failure of the system, never both. */
  record QueryAnswer(
      LiveQuery query, @Nullable LiveResult result, @Nullable FreshetException failure) {}

  /** What became of a mutation: a result or a failure of the system, never both. */
  record MutationAnswer(
      long requestId, @Nullable MutationResult result, @Nullable FreshetException failure) {}

  /** What became of an action: an outcome or a failure of the system, never both. */
  record ActionAnswer(
      long requestId, @Nullable CallOutcome outcome, @Nullable FreshetException failure) {}
}
