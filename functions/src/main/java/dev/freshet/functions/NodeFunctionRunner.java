package dev.freshet.functions;

import dev.freshet.values.FreshetException;

final class NodeFunctionRunner implements FunctionRunner {
  private final RunnerConfig config;

  NodeFunctionRunner(RunnerConfig config) {
    this.config = config;
  }

  @Override
  public FunctionOutcome run(FunctionCall call, FunctionHost host) {
    throw FreshetException.notYetAvailable("running functions with " + config);
  }

  @Override
  public AnalyzedModule analyze(Evaluation module) {
    throw FreshetException.notYetAvailable("analysis");
  }

  @Override
  public String evaluateSchema(Evaluation module) {
    throw FreshetException.notYetAvailable("schema evaluation");
  }

  @Override
  public String evaluateAuthConfig(Evaluation module) {
    throw FreshetException.notYetAvailable("auth config evaluation");
  }

  @Override
  public String evaluateAppDefinition(Evaluation module) {
    throw FreshetException.notYetAvailable("definition evaluation");
  }

  @Override
  public void close() {}
}
