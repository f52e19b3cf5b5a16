package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;

/** A runner that lets a test do something around calls. */
final class RunnerAround implements FunctionRunner {
  private final FunctionRunner runner;
  private final Around around;

  interface Around {
    FunctionOutcome run(FunctionRunner runner, FunctionCall call, FunctionHost host);
  }

  RunnerAround(FunctionRunner runner, Around around) {
    this.runner = runner;
    this.around = around;
  }

  @Override
  public FunctionOutcome run(FunctionCall call, FunctionHost host) {
    return around.run(runner, call, host);
  }

  @Override
  public AnalyzedModule analyze(Evaluation module) {
    return runner.analyze(module);
  }

  @Override
  public String evaluateSchema(Evaluation module) {
    return runner.evaluateSchema(module);
  }

  @Override
  public String evaluateAuthConfig(Evaluation module) {
    return runner.evaluateAuthConfig(module);
  }

  @Override
  public String evaluateAppDefinition(Evaluation module) {
    return runner.evaluateAppDefinition(module);
  }

  @Override
  public void close() {
    runner.close();
  }
}
