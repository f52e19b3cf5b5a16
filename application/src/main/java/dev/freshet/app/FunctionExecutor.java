package dev.freshet.app;

import dev.freshet.app.CursorCodec.Cursor;
import dev.freshet.database.TransactionUsage;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs a cleared call in its transaction and checks what it returned (spec 30 §3.3). Commits
 * nothing. Thread-safe.
 */
final class FunctionExecutor {
  private static final int SEED_LENGTH = 32;

  private final FunctionRunner runner;
  private final Clock clock;
  private final RandomGenerator random;

  FunctionExecutor(FunctionRunner runner, Clock clock, RandomGenerator random) {
    this.runner = runner;
    this.clock = clock;
    this.random = random;
  }

  /**
   * @throws FreshetException what is a failure of the system, not of the call
   */
  Execution run(CallTree tree, PreFlight.Cleared call, @Nullable Cursor previousEnd) {
    DatabaseSyscalls host =
        new DatabaseSyscalls(tree, call.function().kind(), call.path(), 0, previousEnd, null);
    FunctionOutcome outcome;
    try {
      outcome = runner.run(functionCall(tree, call), host);
    } catch (FreshetException e) {
      if (e.errorClass().isDeterministicUserError()) {
        return Execution.refused(e, true); // it may have taken another way with another caller
      }
      throw e;
    }
    return switch (outcome) {
      case FunctionOutcome.Failure failure ->
          execution(tree, host, call, outcome, Execution.Threw.of(failure.error()), 0);
      case FunctionOutcome.Success success -> returned(tree, host, call, success);
    };
  }

  private Execution returned(
      CallTree tree,
      DatabaseSyscalls host,
      PreFlight.Cleared call,
      FunctionOutcome.Success success) {
    try {
      FunctionResults.Checked result =
          tree.services()
              .results()
              .check(
                  call,
                  success.resultJson(),
                  new VisibleTables(tree.transaction()),
                  tree.isMutation());
      return execution(
          tree, host, call, success, new Execution.Returned(result.json()), result.size());
    } catch (FreshetException e) {
      return execution(tree, host, call, success, Execution.Threw.of(e), 0);
    }
  }

  private Execution execution(
      CallTree tree,
      DatabaseSyscalls host,
      PreFlight.Cleared call,
      FunctionOutcome outcome,
      Execution.Ending ending,
      long resultSize) {
    TransactionUsage usage = tree.transaction().usage();
    List<CallLogLine> warned =
        tree.services()
            .warnings()
            .of(call.argsSize(), usage, resultSize, outcome.userTime(), clock.unixMillis());
    warned.addAll(0, tree.warnings());
    return new Execution(
        ending,
        CallLogLine.of(outcome.logLines(), warned),
        tree.identityObserved(),
        tree.timeObserved() || outcome.observed().time(),
        host.endCursor(),
        outcome.userTime(),
        FunctionCompletion.Usage.of(usage));
  }

  private FunctionCall functionCall(CallTree tree, PreFlight.Cleared call) {
    byte[] seed = new byte[SEED_LENGTH];
    random.nextBytes(seed);
    return new FunctionCall(
        call.function().kind(),
        call.module().modules(),
        call.path().module(),
        call.path().function(),
        call.args(),
        seed,
        tree.unixMillis(),
        call.importPhase(),
        tree.services().callLimits());
  }
}
