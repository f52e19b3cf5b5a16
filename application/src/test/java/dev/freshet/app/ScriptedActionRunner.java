package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.ActionCall;
import dev.freshet.functions.ActionHost;
import dev.freshet.functions.ActionOutcome;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.HttpHead;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.JsError;
import dev.freshet.functions.NodeSetup;
import dev.freshet.functions.ResponseSink;
import dev.freshet.functions.Spent;
import dev.freshet.values.FreshetException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Actions in Java, for tests of what is around them. A Node module's source consists of the lines
 * that {@link ScriptedRunner} knows.
 */
final class ScriptedActionRunner implements ActionRunner {
  /** What an action does; it returns JSON, or throws what its caller is told. */
  interface Script {
    String run(ActionCall call, ActionHost host) throws Exception;
  }

  final Map<String, Script> scripts = new ConcurrentHashMap<>();
  final ConcurrentLinkedQueue<NodeSetup> analyzedWith = new ConcurrentLinkedQueue<>();
  volatile List<Integer> versions = List.of(20, 22, 24);

  /** Lets the function with that name do something. */
  ScriptedActionRunner on(String function, Script script) {
    scripts.put(function, script);
    return this;
  }

  @Override
  public ActionOutcome run(ActionCall call, ActionHost host) {
    try {
      String result = script(call.functionName()).run(call, host);
      return new ActionOutcome.Success(result.getBytes(UTF_8), Spent.NOTHING);
    } catch (Struck e) {
      return new ActionOutcome.Struck(Spent.NOTHING);
    } catch (FreshetException e) {
      return new ActionOutcome.Failure(
          JsError.of("Uncaught Error: " + (isShown(e) ? e.text() : ActionService.UNAVAILABLE)),
          Spent.NOTHING);
    } catch (Exception e) {
      return new ActionOutcome.Failure(
          JsError.of("Uncaught Error: " + e.getMessage()), Spent.NOTHING);
    }
  }

  private static boolean isShown(FreshetException e) {
    return e.errorClass().isDeterministicUserError();
  }

  /** The process dies without the action's fault. */
  static final class Struck extends Exception {}

  private Script script(String name) {
    return Objects.requireNonNull(scripts.get(name), name);
  }

  @Override
  public HttpOutcome serve(
      ActionCall call,
      HttpHead request,
      @Nullable InputStream body,
      ResponseSink response,
      ActionHost host) {
    throw new UnsupportedOperationException();
  }

  @Override
  public AnalyzedModule analyzeNode(
      Evaluation module, SortedMap<String, String> variables, NodeSetup node) {
    analyzedWith.add(node);
    return ScriptedRunner.analysis(module);
  }

  @Override
  public boolean hasNode(@Nullable Integer major) {
    return major == null || versions.contains(major);
  }

  @Override
  public void close() {}
}
