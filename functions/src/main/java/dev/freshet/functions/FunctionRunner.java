package dev.freshet.functions;

import dev.freshet.values.FreshetException;

/**
 * Runs users' functions, and evaluates their modules at push, in supervised Node.js processes (spec
 * 30). Thread-safe; all methods block.
 */
public interface FunctionRunner extends AutoCloseable {
  /**
   * Starts the processes.
   *
   * @throws FreshetException {@code NodeNotFound} or {@code NodeTooOld} with a text that says what
   *     to install
   */
  static FunctionRunner start(RunnerConfig config) {
    return new NodeFunctionRunner(config);
  }

  /**
   * Runs a query or mutation. Calls wait fairly for a free process. The host is called on that
   * process's platform thread.
   *
   * @throws FreshetException what a host threw that is no deterministic user error; {@code
   *     SystemTimeoutError} if the host took too long; {@code InternalServerError} if processes
   *     keep dying for reasons that are not the call's
   */
  FunctionOutcome run(FunctionCall call, FunctionHost host);

  /**
   * Evaluates a module and lists what it registers. Modules of the Node environment are {@link
   * ActionRunner#analyzeNode}'s.
   *
   * @throws FreshetException {@code InvalidModules} with the source-mapped error, or the code of
   *     the particular rule that is broken
   */
  AnalyzedModule analyze(Evaluation module);

  /**
   * Evaluates {@code schema.js}.
   *
   * @return the JSON text that the schema exports
   */
  String evaluateSchema(Evaluation module);

  /**
   * Evaluates {@code auth.config.js}.
   *
   * @return the JSON text of the whole default export, {@code {"providers":[…]}}
   */
  String evaluateAuthConfig(Evaluation module);

  /**
   * Evaluates {@code convex.config.js}.
   *
   * @return the JSON text of the definition, without {@code path}
   */
  String evaluateAppDefinition(Evaluation module);

  /** What the processes do. */
  default RunnerStats stats() {
    return RunnerStats.NONE;
  }

  /** Ends all processes; running calls fail. */
  @Override
  void close();
}
