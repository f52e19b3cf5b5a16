package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs actions and HTTP actions in supervised Node.js processes (spec 30 §6.2, §6.3, §7).
 * Thread-safe. All methods block and are meant for virtual threads; an interrupted call is
 * cancelled.
 */
public interface ActionRunner extends AutoCloseable {
  /** Processes start when calls need them; their files are made now. */
  static ActionRunner start(RunnerConfig config) {
    return new NodeActionRunner(config);
  }

  /**
   * Runs an action.
   *
   * @throws FreshetException for failures of the system: no memory for a process, no Node.js of the
   *     asked version, the server stops
   */
  ActionOutcome run(ActionCall call, ActionHost host);

  /**
   * Runs the router of {@code http.js} for a request. The response is written while the action
   * runs; the outcome comes when its body has ended.
   *
   * @param call its function name is not used, nor are its arguments
   * @param body null if the request has none; read only as fast as the action reads it
   * @throws FreshetException as {@link #run} does
   */
  HttpOutcome serve(
      ActionCall call,
      HttpHead request,
      @Nullable InputStream body,
      ResponseSink response,
      ActionHost host);

  /**
   * Evaluates a module of the Node environment at push and lists what it registers.
   *
   * @param module its function of environment variables is not used
   * @param variables all environment variables
   * @throws FreshetException {@code InvalidModules} with the source-mapped error
   */
  AnalyzedModule analyzeNode(
      Evaluation module, SortedMap<String, String> variables, NodeSetup node);

  /** Whether a Node.js of that major version can be started; null: the one of the server's own. */
  boolean hasNode(@Nullable Integer major);

  /** The executable of that Node.js, beside which its npm is; null if it isn't known. */
  default @Nullable Path nodeExecutable(@Nullable Integer major) {
    return null;
  }

  /** What the processes of an environment's actions do. */
  default RunnerStats stats(ModuleEnvironment environment) {
    return RunnerStats.NONE;
  }

  /** Ends all processes; running calls fail. */
  @Override
  void close();
}
