package dev.freshet.bench;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;
import java.util.concurrent.atomic.LongAdder;

/** Counts the functions that really run. */
final class CountingRunner implements FunctionRunner {
  private final FunctionRunner runner;
  private final LongAdder runs;

  CountingRunner(FunctionRunner runner, LongAdder runs) {
    this.runner = runner;
    this.runs = runs;
  }

  @Override
  public FunctionOutcome run(FunctionCall call, FunctionHost host) {
    runs.increment();
    return runner.run(call, host);
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
