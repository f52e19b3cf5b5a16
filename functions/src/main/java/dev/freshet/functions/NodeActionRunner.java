package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** {@link ActionRunner} over Node.js processes. */
final class NodeActionRunner implements ActionRunner {
  NodeActionRunner(@SuppressWarnings("UnusedVariable") RunnerConfig config) {}

  @Override
  public ActionOutcome run(ActionCall call, ActionHost host) {
    throw FreshetException.notYetAvailable("Running actions");
  }

  @Override
  public HttpOutcome serve(
      ActionCall call,
      HttpHead request,
      @Nullable InputStream body,
      ResponseSink response,
      ActionHost host) {
    throw FreshetException.notYetAvailable("Running HTTP actions");
  }

  @Override
  public AnalyzedModule analyzeNode(Evaluation module, NodeSetup node) {
    throw FreshetException.notYetAvailable("Analyzing Node modules");
  }

  @Override
  public boolean hasNode(@Nullable Integer major) {
    return major == null;
  }

  @Override
  public void close() {}
}
