package dev.freshet.server;

import dev.freshet.functions.ActionCall;
import dev.freshet.functions.ActionHost;
import dev.freshet.functions.ActionOutcome;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.HttpHead;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.NodeSetup;
import dev.freshet.functions.ResponseSink;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** HTTP actions in Java: what a test lets them do, without any JavaScript. */
final class ScriptedActions implements ActionRunner {
  interface Served {
    HttpOutcome by(HttpHead head, @Nullable InputStream body, ResponseSink sink) throws Exception;
  }

  volatile Served served = (_, _, _) -> new HttpOutcome.NoRoute();

  @Override
  public HttpOutcome serve(
      ActionCall call,
      HttpHead request,
      @Nullable InputStream body,
      ResponseSink response,
      ActionHost host) {
    try {
      return served.by(request, body, response);
    } catch (Exception e) {
      throw new IllegalStateException("the scripted action failed", e);
    }
  }

  @Override
  public ActionOutcome run(ActionCall call, ActionHost host) {
    throw new UnsupportedOperationException("no actions here");
  }

  @Override
  public AnalyzedModule analyzeNode(
      Evaluation module, java.util.SortedMap<String, String> variables, NodeSetup node) {
    throw new UnsupportedOperationException("no Node here");
  }

  @Override
  public boolean hasNode(@Nullable Integer major) {
    return true;
  }

  @Override
  public void close() {}
}
