package dev.freshet.functions;

import dev.freshet.functions.EvaluationServer.Result;
import dev.freshet.functions.EvaluationServer.What;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link FunctionRunner} over a pool of Node.js processes. */
final class NodeFunctionRunner implements FunctionRunner {
  private final RunnerFiles files = new RunnerFiles();
  private final Limits limits;
  private final RunnerPool pool;

  NodeFunctionRunner(RunnerConfig config) {
    this(config, LargeFrames.ofThisServer(config.limits()));
  }

  NodeFunctionRunner(RunnerConfig config, LargeFrames frames) {
    limits = config.limits();
    NodeInstallation node = config.node().installation();
    RunnerPool.Shared shared =
        new RunnerPool.Shared(limits, codeCaches(config), new ImportReads(), frames);
    pool =
        new RunnerPool(node, files.file("runner.cjs"), shared, config.runners(), config.memory());
  }

  private CodeCaches codeCaches(RunnerConfig config) {
    Path cache = config.cache();
    return new CodeCaches(cache == null ? files.directory("code") : cache.resolve("code"));
  }

  @Override
  public FunctionOutcome run(FunctionCall call, FunctionHost host) {
    if (call.kind() == FunctionKind.ACTION) {
      throw FreshetException.internal("actions have a runner of their own", null);
    }
    return pool.run(new CallWork(call, host));
  }

  private JsError outOfMemory() {
    return JsError.outOfMemory(limits.get(Limit.ISOLATE_MAX_USER_HEAP_SIZE));
  }

  private final class CallWork implements RunnerWork<FunctionOutcome> {
    private final FunctionCall call;
    private final FunctionHost host;
    private @Nullable CallServer server;
    private boolean restarted;

    CallWork(FunctionCall call, FunctionHost host) {
      this.call = call;
      this.host = host;
    }

    @Override
    public String function() {
      return call.path();
    }

    @Override
    public boolean isUrgent() {
      return host.isUrgent();
    }

    @Override
    public boolean isGone() {
      return host.isGone();
    }

    @Override
    public void parked(boolean parked) {
      host.parked(parked);
    }

    @Override
    public FunctionOutcome run(RunnerSession session) {
      CallServer serving = new CallServer(session, call.limits());
      server = serving;
      return serving.run(call, host);
    }

    @Override
    public @Nullable FunctionOutcome died(RunnerDiedException death, boolean fresh) {
      if (death.reason() == CauseOfDeath.USER_TIMEOUT) {
        return failure(budget().timeout());
      }
      // Alone in a new process a call shows whether it was the one; what came from outside it
      // can't have been.
      boolean proved = fresh && death.reason().isMemory();
      if (!restarted && !proved && host.restart()) {
        restarted = true;
        return null;
      }
      if (death.reason().isMemory()) {
        return failure(outOfMemory());
      }
      throw FreshetException.internal("a function's runner died", death);
    }

    private Budget budget() {
      return server == null ? new Budget(call.limits()) : server.budget();
    }

    private FunctionOutcome failure(JsError error) {
      List<LogLine> lines = server == null ? List.of() : server.linesSoFar();
      // Nothing is known of what the call observed, so the worst is assumed.
      return new FunctionOutcome.Failure(
          error, lines, new Observed(true, true), Duration.ofNanos(budget().userNanos()));
    }
  }

  private final class EvaluationWork implements RunnerWork<Result> {
    private final What what;
    private final Evaluation evaluation;
    private boolean restarted;

    EvaluationWork(What what, Evaluation evaluation) {
      this.what = what;
      this.evaluation = evaluation;
    }

    @Override
    public String function() {
      return "push of " + evaluation.modulePath();
    }

    @Override
    public Result run(RunnerSession session) {
      return new EvaluationServer(session, evaluation.limits()).run(what, evaluation);
    }

    @Override
    public @Nullable Result died(RunnerDiedException death, boolean fresh) {
      if (death.reason() == CauseOfDeath.USER_TIMEOUT) {
        return failed(Budget.timeout(evaluation.limits().userTime()));
      }
      if (!restarted && !(fresh && death.reason().isMemory())) {
        restarted = true;
        return null;
      }
      if (death.reason().isMemory()) {
        return failed(outOfMemory());
      }
      throw FreshetException.internal("the runner that evaluated a module died", death);
    }

    private static Result failed(JsError error) {
      return new Result(null, Problem.of(error), List.of());
    }
  }

  private Result evaluate(What what, Evaluation evaluation) {
    return pool.run(new EvaluationWork(what, evaluation));
  }

  /** The JSON text, or the failure under the given code. */
  private static String jsonOf(Result result, String code, String prefix) {
    Problem problem = result.problem();
    if (problem == null) {
      return result.json() == null ? "" : result.json();
    }
    throw problem.refusal(code, prefix, result.lines());
  }

  @Override
  public AnalyzedModule analyze(Evaluation module) {
    Result result = evaluate(What.ANALYZE, module);
    String prefix = Problem.analysisFailed(module.modulePath());
    return AnalysisReader.read(module.modulePath(), jsonOf(result, "InvalidModules", prefix));
  }

  @Override
  public String evaluateSchema(Evaluation module) {
    return jsonOf(evaluate(What.SCHEMA, module), "InvalidSchema", "");
  }

  @Override
  public String evaluateAuthConfig(Evaluation module) {
    return jsonOf(evaluate(What.AUTH_CONFIG, module), "InvalidAuthConfig", "");
  }

  @Override
  public String evaluateAppDefinition(Evaluation module) {
    return jsonOf(evaluate(What.DEFINITION, module), "InvalidConvexConfig", "");
  }

  @Override
  public RunnerStats stats() {
    return pool.stats();
  }

  /** Ids of the runner processes. */
  List<Long> pids() {
    return pool.pids();
  }

  @Override
  public void close() {
    pool.close();
    files.close();
  }
}
