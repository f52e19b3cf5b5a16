package dev.freshet.app;

import dev.freshet.app.Permits.Permit;
import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.PreparedCommit;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs mutations and commits them (spec 10 §6, 40 §7.6). A place to run is held while the function
 * runs, not while its commit or the next attempt is waited for. Thread-safe.
 */
final class MutationExecutor {
  private final Database database;
  private final CallTree.Services services;
  private final FunctionExecutor executor;
  private final SystemCalls systemCalls;
  private final MutationLoop loop;
  private final Permits permits;
  private final CompletionRecorder recorder;
  private final ConflictReport conflicts;
  private final Clock clock;
  private final boolean redact;

  MutationExecutor(
      Database database,
      CallTree.Services services,
      FunctionExecutor executor,
      SystemCalls systemCalls,
      MutationLoop loop,
      Permits permits,
      CompletionRecorder recorder,
      ConflictReport conflicts,
      Clock clock,
      boolean redact) {
    this.database = database;
    this.services = services;
    this.executor = executor;
    this.systemCalls = systemCalls;
    this.loop = loop;
    this.permits = permits;
    this.recorder = recorder;
    this.conflicts = conflicts;
    this.clock = clock;
    this.redact = redact;
  }

  MutationResult run(MutationRequest request) {
    if (request.identity().isAdmin() && !request.identity().may(DeploymentOp.WRITE_DATA)) {
      return refused(request);
    }
    return loop.run(new Attempts(request));
  }

  /** A key that can only look must not change anything by way of a function either. */
  private MutationResult refused(MutationRequest request) {
    Execution refused = Execution.refused(mayNotWrite());
    return new MutationResult(
        database.latestTimestamp(), refused.outcome(request.context(), redact));
  }

  static FreshetException mayNotWrite() {
    return new FreshetException(
        ErrorClass.FORBIDDEN,
        "OperationNotPermitted",
        "You do not have permission to perform this operation ("
            + DeploymentOp.WRITE_DATA.action()
            + ").");
  }

  /** What ran and is to be committed, or what was found instead. */
  private sealed interface Ran {
    record Stored(Transaction transaction, MutationResult result) implements Ran {}

    record Done(Transaction transaction, Execution execution) implements Ran {}
  }

  private final class Attempts implements MutationLoop.Attempt<Ran, MutationResult> {
    private final MutationRequest request;
    private final CompletionRecorder.Timer timer;

    /** Why what ran can't be committed, if it can't. */
    private @Nullable Execution refusal;

    private @Nullable List<Object> traits;

    Attempts(MutationRequest request) {
      this.request = request;
      this.timer = recorder.start();
    }

    @Override
    public List<Object> traits() {
      if (traits == null) {
        traits = MutationTraits.of(request);
      }
      return traits;
    }

    @Override
    public void admit() {
      request.context().place(permits).close();
    }

    @Override
    public Ran execute(@Nullable ReadSet ahead) {
      timer.restart();
      refusal = null;
      try (Permit place =
          ahead == null ? request.context().place(permits) : permits.acquireAgain()) {
        return MutationExecutor.this.execute(request, ahead, place);
      }
    }

    @Override
    public @Nullable PreparedCommit prepare(Ran executed) {
      if (!(executed instanceof Ran.Done done)
          || !done.execution().succeeded()
          || (done.transaction().isReadOnly() && request.context().session() == null)) {
        return null;
      }
      try {
        recordSession(request, done.transaction(), done.execution());
        PreparedCommit commit =
            database.prepare(
                done.transaction(), WriteSource.function("", request.path().stripped()));
        return commit.isEmpty() ? null : commit;
      } catch (FreshetException e) {
        refusal = refusalFor(e);
        return null;
      }
    }

    /** Rethrows what isn't the caller's fault. */
    private static Execution refusalFor(FreshetException e) {
      if (!e.errorClass().isDeterministicUserError()) {
        throw e;
      }
      return Execution.refused(e);
    }

    @Override
    public @Nullable MutationResult answer(Ran executed) {
      return switch (executed) {
        case Ran.Stored(Transaction transaction, MutationResult result) ->
            database.stands(transaction) ? result : null;
        case Ran.Done(Transaction transaction, Execution execution) ->
            database.stands(transaction)
                ? finished(refusal != null ? refusal : execution, transaction.readsThrough())
                : null;
      };
    }

    @Override
    public MutationResult commit(Ran executed, PreparedCommit commit, Runnable onAssigned) {
      Execution ending = ((Ran.Done) executed).execution();
      long timestamp = 0;
      try {
        timestamp = database.commit(commit, onAssigned);
        ending = ending.committedAt(timestamp);
      } catch (FreshetException e) {
        ending = refusalFor(e);
      }
      return finished(ending, timestamp);
    }

    private MutationResult finished(Execution ending, long timestamp) {
      record(ending, null, false);
      return new MutationResult(
          ending.succeeded() ? timestamp : database.latestTimestamp(),
          ending.outcome(request.context(), redact));
    }

    @Override
    public void lost(ConflictException conflict, int retryCount, boolean willRetry) {
      conflicts.add(request.path().stripped(), conflict, retryCount, willRetry);
      record(Execution.refused(conflict), told(conflict, retryCount), willRetry);
    }

    private void record(
        Execution ending, FunctionCompletion.@Nullable Conflict conflict, boolean willRetry) {
      recorder.record(
          request.path(),
          request.identity(),
          request.context(),
          FunctionKind.MUTATION,
          timer,
          ending,
          false,
          conflict,
          willRetry);
    }

    private static FunctionCompletion.Conflict told(ConflictException e, int retryCount) {
      return new FunctionCompletion.Conflict(
          e.table(),
          e.document() == null ? null : e.document().encode(),
          e.source().text(),
          retryCount);
    }
  }

  private Ran execute(MutationRequest request, @Nullable ReadSet ahead, Permit place) {
    TransactionOptions options =
        request.path().isSystem() ? TransactionOptions.SYSTEM : TransactionOptions.USER;
    Transaction transaction =
        ahead == null ? database.begin(options) : database.beginAhead(options, ahead);
    SessionRequestId session = request.context().session();
    if (session != null) {
      MutationResult stored = SessionRequests.find(transaction, session);
      if (stored != null) {
        return new Ran.Stored(transaction, stored);
      }
    }
    return request.path().isSystem()
        ? new Ran.Done(transaction, systemCalls.mutation(request, transaction))
        : executeUser(request, transaction, ahead != null, place);
  }

  private Ran executeUser(
      MutationRequest request, Transaction transaction, boolean urgent, Permit place) {
    boolean allVisible =
        request.context().isInner() || request.identity().may(DeploymentOp.RUN_INTERNAL_MUTATIONS);
    PreFlight.Visibility visibility =
        allVisible ? PreFlight.Visibility.ALL : PreFlight.Visibility.PUBLIC;
    PreFlight.Cleared call;
    try {
      call = clear(request, transaction, visibility);
    } catch (FreshetException e) {
      if (!e.errorClass().isDeterministicUserError()) {
        throw e;
      }
      return new Ran.Done(transaction, Execution.refused(e));
    }
    CallTree tree =
        new CallTree(
            services,
            transaction,
            request.identity(),
            request.context(),
            FunctionKind.MUTATION,
            clock.unixMillis(),
            () -> reopen(request, visibility, call));
    if (urgent) {
      tree.markUrgent();
    }
    tree.holds(place);
    Execution execution = executor.run(tree, call, null);
    return new Ran.Done(tree.transaction(), execution);
  }

  private PreFlight.Cleared clear(
      MutationRequest request, Transaction transaction, PreFlight.Visibility visibility) {
    return services
        .preFlight()
        .clear(transaction, request.path(), FunctionKind.MUTATION, request.args(), visibility);
  }

  private @Nullable Transaction reopen(
      MutationRequest request, PreFlight.Visibility visibility, PreFlight.Cleared call) {
    Transaction transaction = database.begin(TransactionOptions.USER);
    SessionRequestId session = request.context().session();
    if (session != null && SessionRequests.find(transaction, session) != null) {
      return null;
    }
    PreFlight.Cleared again = clear(request, transaction, visibility);
    return again.module() == call.module() ? transaction : null;
  }

  private void recordSession(
      MutationRequest request, Transaction transaction, Execution execution) {
    SessionRequestId session = request.context().session();
    if (session != null
        && execution.outcome(request.context(), redact) instanceof CallOutcome.Success success) {
      SessionRequests.record(transaction, session, success);
    }
  }
}
