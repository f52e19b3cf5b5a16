package dev.freshet.app;

import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.ResponseSink;
import dev.freshet.values.FreshetException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
public final class FunctionService {
  private static final int CONCURRENT_ENCORES = 16;

  private final Database database;
  private final PreFlight preFlight;
  private final SystemCalls systemCalls;
  private final QueryExecutor queries;
  private final MutationExecutor mutations;
  private final CompletionRecorder recorder;
  private final boolean redact;
  private final ActionService actions;
  private final Encores encores;

  FunctionService(
      Database database,
      PreFlight preFlight,
      SystemCalls systemCalls,
      QueryExecutor queries,
      MutationExecutor mutations,
      CompletionRecorder recorder,
      Function<ActionCalls.Functions, ActionService> actions,
      boolean redact) {
    this.database = database;
    this.preFlight = preFlight;
    this.systemCalls = systemCalls;
    this.queries = queries;
    this.mutations = mutations;
    this.recorder = recorder;
    this.redact = redact;
    this.actions = actions.apply(new Inner());
    this.encores = new Encores(database, this::query, CONCURRENT_ENCORES);
  }

  /** The newest commit that reads may see; never goes back. */
  public long latestTimestamp() {
    return database.latestTimestamp();
  }

  /** Lets {@link #latestTimestamp} reach the present, though nothing was committed. */
  public void advanceTimestamp() {
    var _ = database.advance();
  }

  /**
   * Runs a query, or answers it from an earlier run that still holds.
   *
   * @throws FreshetException {@code OUT_OF_RETENTION} if the timestamp is too old, BAD_REQUEST if
   *     it is in the future
   */
  public QueryResult query(QueryRequest request) {
    Long at = request.at();
    long timestamp = at != null ? at : database.latestTimestamp();
    CompletionRecorder.Timer timer = recorder.start();
    QueryCache.Served served =
        isRoot(request.componentPath())
            ? queries.run(request, timestamp)
            : new QueryCache.Served(
                QueryExecutor.refused(unknownComponent(request.componentPath()), timestamp), false);
    return result(request, served.run(), timestamp, timer, served.cached());
  }

  /**
   * Answers a query from an earlier run that still holds; null if there is none. Runs nothing and
   * does not wait.
   */
  public @Nullable QueryResult known(QueryRequest request) {
    if (!isRoot(request.componentPath())) {
      return null;
    }
    Long at = request.at();
    long timestamp = at != null ? at : database.latestTimestamp();
    QueryRun run = queries.find(request, timestamp);
    return run == null ? null : result(request, run, timestamp, recorder.start(), true);
  }

  private QueryResult result(
      QueryRequest request,
      QueryRun run,
      long timestamp,
      CompletionRecorder.Timer timer,
      boolean cached) {
    recorder.record(
        request.path(),
        request.identity(),
        request.context(),
        FunctionKind.QUERY,
        timer,
        run.execution(),
        cached,
        null,
        false);
    return new QueryResult(
        timestamp,
        run.execution().outcome(request.context(), redact),
        run.journal(),
        new QueryDependencies(run, request, timestamp));
  }

  /** Runs a mutation and commits it; when this returns, its commit is durable and visible. */
  public MutationResult mutation(MutationRequest request) {
    if (!isRoot(request.componentPath())) {
      return new MutationResult(
          database.latestTimestamp(), failure(request, unknownComponent(request.componentPath())));
    }
    return mutations.run(request);
  }

  /** What actions call: functions of any visibility, answered to a function. */
  private final class Inner implements ActionCalls.Functions {
    @Override
    public CallOutcome query(QueryRequest request) {
      return FunctionService.this.query(request).outcome();
    }

    @Override
    public CallOutcome mutation(MutationRequest request) {
      return FunctionService.this.mutation(request).outcome();
    }

    @Override
    public CallOutcome action(MutationRequest request) {
      return FunctionService.this.action(request);
    }
  }

  /** Runs an action. What it did stays done, however it ends. */
  public CallOutcome action(MutationRequest request) {
    if (!isRoot(request.componentPath())) {
      return failure(request, unknownComponent(request.componentPath()));
    }
    if (request.path().isSystem()) {
      FunctionKind kind = systemCalls.kind(request.path(), request.identity());
      return failure(
          request,
          kind == null
              ? PreFlight.notFound(request.path())
              : PreFlight.wrongKind(request.path(), FunctionKind.ACTION, kind));
    }
    return actions.run(request);
  }

  /**
   * Runs an HTTP action and writes its response.
   *
   * @throws FreshetException {@code RATE_LIMITED} if too many run, else failures of the system;
   *     nothing was written then
   */
  public HttpResult serve(HttpActionRequest request, ResponseSink response) {
    return actions.serve(request, response);
  }

  public CallOutcome anyFunction(MutationRequest request) {
    return anyFunction(request, () -> {});
  }

  /**
   * Runs a function of any kind, for {@code /api/function} and {@code /api/run} (spec 10 §12). An
   * unknown path is answered with the text those endpoints use.
   *
   * @param beforeAction called if it is an action, which has a place of another kind
   */
  public CallOutcome anyFunction(MutationRequest request, Runnable beforeAction) {
    if (!isRoot(request.componentPath())) {
      return failure(request, unknownComponent(request.componentPath()));
    }
    FunctionKind kind = kindOf(request);
    if (kind == null) {
      return failure(
          request,
          FreshetException.badRequest(
              "FunctionPathNotFound",
              "Could not find function for '"
                  + request.path().stripped()
                  + "'. Did you forget to run `npx convex dev` or `npx convex deploy`?"));
    }
    return switch (kind) {
      case QUERY ->
          query(
                  new QueryRequest(
                      request.path(),
                      request.args(),
                      request.identity(),
                      request.componentPath(),
                      null,
                      null,
                      request.context()))
              .outcome();
      case MUTATION -> mutation(request).outcome();
      case ACTION -> {
        beforeAction.run();
        yield action(request);
      }
    };
  }

  /**
   * Watches a result: {@code onInvalid} is called once, from a thread that must not be kept, as
   * soon as a commit changed something the query read (soon, too, if one already has).
   */
  public QuerySubscription subscribe(QueryResult result, Runnable onInvalid) {
    QueryDependencies dependencies = result.dependencies();
    return dependencies
        .run()
        .watch(encores, dependencies.request(), dependencies.validAt(), onInvalid);
  }

  private @Nullable FunctionKind kindOf(MutationRequest request) {
    if (request.path().isSystem()) {
      return systemCalls.kind(request.path(), request.identity());
    }
    Transaction transaction = database.begin(TransactionOptions.USER);
    return preFlight.kindOf(
        transaction,
        request.path(),
        request.identity().isAdmin() ? PreFlight.Visibility.ALL : PreFlight.Visibility.PUBLIC);
  }

  private CallOutcome failure(MutationRequest request, FreshetException error) {
    return Execution.refused(error).outcome(request.context(), redact);
  }

  private static boolean isRoot(@Nullable String componentPath) {
    return componentPath == null || componentPath.isEmpty();
  }

  private static FreshetException unknownComponent(@Nullable String componentPath) {
    return FreshetException.badRequest(
        "ComponentPathNotFound", "Component path '" + componentPath + "' not found");
  }
}
