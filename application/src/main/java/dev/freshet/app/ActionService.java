package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.Permits.Permit;
import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.functions.ActionCall;
import dev.freshet.functions.ActionOutcome;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.ImportPhase;
import dev.freshet.functions.JsError;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.functions.ModuleSet;
import dev.freshet.functions.NodeSetup;
import dev.freshet.functions.ResponseSink;
import dev.freshet.functions.Spent;
import dev.freshet.values.ByteSizes;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Runs actions and HTTP actions (spec 30 §6.2, §6.3, §7). They have no transaction: what they need
 * to begin is read in one that is thrown away, what they call runs in others ({@link ActionCalls}).
 *
 * <p>A place to run is held while the action computes ({@link Permits}); who has begun never waits
 * for one. An action is never run twice: one whose process died through no fault of its own is
 * answered that it failed.
 */
final class ActionService {
  /** What clients and functions are told of a failure of the system. */
  static final String UNAVAILABLE = "Your request couldn't be completed. Try again later.";

  private static final Duration SHORT_WAIT = Duration.ofMillis(100);
  private static final FunctionPath ROUTER = new FunctionPath(ModulePath.HTTP, "default");

  private final ActionCalls.Services services;
  private final ModuleCatalog catalog;
  private final NodeSetups nodes;
  private final ActionRunner runner;
  private final Authenticator authenticator;
  private final CompletionRecorder recorder;
  private final Permits places;
  private final Permits nodePlaces;
  private final Clock clock;
  private final boolean redact;

  ActionService(
      ActionCalls.Services services,
      ModuleCatalog catalog,
      NodeSetups nodes,
      ActionRunner runner,
      Authenticator authenticator,
      CompletionRecorder recorder,
      Clock clock,
      boolean redact) {
    this.services = services;
    this.catalog = catalog;
    this.nodes = nodes;
    this.runner = runner;
    this.authenticator = authenticator;
    this.recorder = recorder;
    this.clock = clock;
    this.redact = redact;
    Limits limits = services.calls().limits();
    this.places =
        Permits.ofActions("actions", Limit.APPLICATION_MAX_CONCURRENT_V8_ACTIONS, limits, clock);
    this.nodePlaces =
        Permits.ofActions(
            "Node actions", Limit.APPLICATION_MAX_CONCURRENT_NODE_ACTIONS, limits, clock);
  }

  /**
   * Runs an action of the root component.
   *
   * @throws FreshetException {@code RATE_LIMITED} if there was no place for it; otherwise failures
   *     of the system
   */
  CallOutcome run(MutationRequest request) {
    ActionRun run = run(request, ModuleEnvironment.ISOLATE);
    Cleared cleared;
    try {
      cleared = clear(request);
    } catch (FreshetException e) {
      return refused(run, e);
    }
    run = run(request, cleared.environment());
    try (Permit permit = request.context().place(placesFor(cleared.environment()))) {
      if (run.timer().elapsed().compareTo(SHORT_WAIT) > 0) {
        cleared = clear(request); // what it found may be of the past
      }
      return run(run, cleared, permit);
    } catch (FreshetException e) {
      return refused(run, e);
    }
  }

  /** What the action's first look at the database found. */
  private record Cleared(Transaction transaction, PreFlight.Cleared call) {
    ModuleEnvironment environment() {
      return call.module().environment();
    }
  }

  private ActionRun run(MutationRequest request, ModuleEnvironment environment) {
    return new ActionRun(
        "Action",
        request.path(),
        request.path().stripped(),
        environment,
        request.identity(),
        request.context(),
        recorder.start());
  }

  private CallOutcome refused(ActionRun run, FreshetException error) {
    if (!error.errorClass().isDeterministicUserError()) {
      throw error;
    }
    Execution refused = Execution.refused(error);
    recorder.record(run, refused, null);
    return refused.outcome(run.context(), redact);
  }

  private Cleared clear(MutationRequest request) {
    Identity identity = request.identity();
    if (identity.isAdmin() && !identity.may(DeploymentOp.WRITE_DATA)) {
      throw MutationExecutor.mayNotWrite();
    }
    Transaction transaction = database().begin(TransactionOptions.USER);
    boolean allVisible =
        request.context().isInner() || identity.may(DeploymentOp.RUN_INTERNAL_ACTIONS);
    PreFlight.Cleared call =
        services
            .calls()
            .preFlight()
            .clear(
                transaction,
                request.path(),
                FunctionKind.ACTION,
                request.args(),
                allVisible ? PreFlight.Visibility.ALL : PreFlight.Visibility.PUBLIC);
    if (call.module().environment() == ModuleEnvironment.NODE) {
      checkNodeArgs(call);
    }
    return new Cleared(transaction, call);
  }

  private void checkNodeArgs(PreFlight.Cleared call) {
    long most = limits().get(Limit.NODE_ACTION_MAX_ARGS_SIZE);
    if (call.argsSize() > most) {
      throw FreshetException.badRequest(
          "ArgsTooLarge",
          "Node actions arguments size is too large (actual: "
              + ByteSizes.format(call.argsSize())
              + ", limit: "
              + ByteSizes.format(most)
              + ")");
    }
  }

  private CallOutcome run(ActionRun run, Cleared cleared, Permit permit) {
    ActionLog log = new ActionLog(recorder.log(), run::progress);
    ActionCalls host = new ActionCalls(services, run, log, permit);
    Execution execution;
    try (NodeSetups.Lease lease = lease(run.environment(), cleared.transaction())) {
      ActionOutcome outcome = runner.run(call(run, cleared, lease), host);
      execution = execution(run, cleared.call(), log, outcome);
    } catch (FreshetException e) {
      log.end();
      if (!e.errorClass().isDeterministicUserError()) {
        recorder.record(run, ended(run, threw(UNAVAILABLE), log, Spent.NOTHING), null);
      }
      throw e;
    }
    recorder.record(run, execution, null);
    return execution.outcome(run.context(), redact);
  }

  private NodeSetups.@Nullable Lease lease(ModuleEnvironment environment, Transaction transaction) {
    return environment == ModuleEnvironment.NODE ? nodes.lease(transaction) : null;
  }

  private ActionCall call(ActionRun run, Cleared cleared, NodeSetups.@Nullable Lease lease) {
    boolean node = run.environment() == ModuleEnvironment.NODE;
    PreFlight.Cleared call = cleared.call();
    ModuleSet modules = node ? catalog.nodeModules(cleared.transaction()) : call.module().modules();
    return call(
        run,
        modules,
        call.args(),
        call.importPhase(),
        cleared.transaction(),
        lease == null ? NodeSetup.PLAIN : lease.setup());
  }

  private ActionCall call(
      ActionRun run,
      ModuleSet modules,
      byte[] args,
      ImportPhase importPhase,
      Transaction transaction,
      NodeSetup node) {
    return new ActionCall(
        run.environment(),
        modules,
        run.path().module(),
        run.path().function(),
        args,
        run.timer().executionId(),
        importPhase,
        services.calls().environment().all(transaction),
        node,
        longest(run.environment()));
  }

  private Duration longest(ModuleEnvironment environment) {
    return Duration.ofSeconds(
        limits()
            .get(
                environment == ModuleEnvironment.NODE
                    ? Limit.NODE_ACTION_USER_TIMEOUT_SECS
                    : Limit.V8_ACTION_USER_TIMEOUT_SECS));
  }

  private Execution execution(
      ActionRun run, PreFlight.Cleared call, ActionLog log, ActionOutcome outcome) {
    Execution.Ending ending;
    long resultSize = 0;
    switch (outcome) {
      case ActionOutcome.Failure failure -> ending = Execution.Threw.of(failure.error());
      case ActionOutcome.Struck _ -> ending = threw(UNAVAILABLE);
      case ActionOutcome.Success success -> {
        try {
          FunctionResults.Checked result =
              services
                  .calls()
                  .results()
                  .check(
                      call,
                      success.resultJson(),
                      new VisibleTables(database().begin(TransactionOptions.USER)),
                      false);
          ending = new Execution.Returned(result.json());
          resultSize = result.size();
        } catch (FreshetException e) {
          ending = Execution.Threw.of(e);
        }
      }
    }
    services
        .calls()
        .warnings()
        .ofAction(
            new LimitWarnings.Action(
                call.argsSize(),
                resultSize,
                run.timer().elapsed(),
                longest(run.environment()),
                outcome.spent().unawaited()),
            clock.unixMillis())
        .forEach(log::add);
    return ended(run, ending, log, outcome.spent());
  }

  private static Execution.Ending threw(String text) {
    return Execution.Threw.of(JsError.of(text));
  }

  private Execution ended(ActionRun run, Execution.Ending ending, ActionLog log, Spent spent) {
    return new Execution(
        ending,
        log.end(),
        true,
        true,
        null,
        spent.userTime(),
        FunctionCompletion.Usage.ofAction(run.environment(), spent.heapBytes()));
  }

  /**
   * Runs the router of {@code http.js} for a request and writes its response. A credential that is
   * not valid doesn't refuse the request: the action learns of it when it asks who calls.
   *
   * @throws FreshetException as {@link #run(MutationRequest)}; nothing was written then
   */
  HttpResult serve(HttpActionRequest request, ResponseSink sink) {
    Transaction look = database().begin(TransactionOptions.USER);
    if (router(look) == null) {
      return new HttpResult.NotEnabled();
    }
    ActionRun run =
        new ActionRun(
            "HttpAction",
            ROUTER,
            request.head().method() + " " + request.head().path(),
            ModuleEnvironment.ISOLATE,
            identity(request.authorization()),
            request.context(),
            recorder.start());
    try (Permit permit = request.context().place(places)) {
      Transaction transaction = database().begin(TransactionOptions.USER);
      DeployedModule router = router(transaction);
      UdfConfig config = catalog.config(transaction);
      if (router == null || config == null) {
        return new HttpResult.NotEnabled();
      }
      ActionCall call =
          call(
              run,
              router.modules(),
              "[]".getBytes(UTF_8),
              config.importPhase(),
              transaction,
              NodeSetup.PLAIN);
      return serve(run, call, request, sink, permit);
    }
  }

  private @Nullable DeployedModule router(Transaction transaction) {
    DeployedModule module = catalog.module(transaction, ModulePath.HTTP);
    return module != null && module.isRouter() ? module : null;
  }

  private Identity identity(@Nullable String authorization) {
    try {
      return authenticator.authenticate(authorization, null);
    } catch (FreshetException e) {
      return new Identity.Unknown(e);
    }
  }

  private HttpResult serve(
      ActionRun run, ActionCall call, HttpActionRequest request, ResponseSink sink, Permit permit) {
    ActionLog log = new ActionLog(recorder.log(), run::progress);
    ActionCalls host = new ActionCalls(services, run, log, permit);
    LimitedSink limited = new LimitedSink(sink, log, limits(), clock);
    HttpOutcome outcome;
    try {
      outcome = runner.serve(call, request.head(), request.body(), limited, host);
    } catch (FreshetException e) {
      recorder.record(run, ended(run, threw(UNAVAILABLE), log, Spent.NOTHING), null);
      throw e;
    }
    return switch (outcome) {
      case HttpOutcome.NoRoute _ -> {
        log.end();
        yield new HttpResult.NoRoute();
      }
      case HttpOutcome.Answered answered -> {
        Execution.Ending returned = new Execution.Returned(new byte[0]);
        ActionRun named = run.named(answered.route());
        limited.warn();
        recorder.record(named, ended(run, returned, log, answered.spent()), answered.status());
        yield new HttpResult.Answered(answered.status(), answered.cut() || limited.isCut());
      }
      case HttpOutcome.Failed failed -> {
        String route = failed.route();
        ActionRun named = route == null ? run : run.named(route);
        Execution.Threw threw = Execution.Threw.of(failed.error());
        recorder.record(named, ended(run, threw, log, failed.spent()), null);
        yield failed(run, threw, failed.headSent());
      }
      case HttpOutcome.Struck struck -> {
        Execution.Threw threw = Execution.Threw.of(JsError.of(UNAVAILABLE));
        recorder.record(run, ended(run, threw, log, Spent.NOTHING), null);
        yield failed(run, threw, struck.headSent());
      }
    };
  }

  private HttpResult failed(ActionRun run, Execution.Threw threw, boolean headSent) {
    String code = "[Request ID: " + run.context().requestId() + "] Server Error";
    return redact
        ? new HttpResult.Failed(headSent, code, null, threw.data())
        : new HttpResult.Failed(
            headSent, code + ": " + threw.error().message(), threw.error().text(), threw.data());
  }

  private Permits placesFor(ModuleEnvironment environment) {
    return environment == ModuleEnvironment.NODE ? nodePlaces : places;
  }

  private Database database() {
    return services.database();
  }

  private Limits limits() {
    return services.calls().limits();
  }
}
