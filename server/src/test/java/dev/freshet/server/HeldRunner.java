package dev.freshet.server;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;

/** Holds calls of functions back for as long as a test wants. Thread-safe. */
final class HeldRunner implements FunctionRunner {
  private final FunctionRunner runner;
  private boolean holding;
  private int held;

  HeldRunner(FunctionRunner runner) {
    this.runner = runner;
  }

  synchronized void hold() {
    holding = true;
  }

  synchronized void letGo() {
    holding = false;
    notifyAll();
  }

  /** How many calls are being held back. */
  synchronized int held() {
    return held;
  }

  @Override
  public FunctionOutcome run(FunctionCall call, FunctionHost host) {
    awaitLetGo();
    return runner.run(call, host);
  }

  private synchronized void awaitLetGo() {
    held++;
    try {
      while (holding) {
        wait();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while held back", e);
    } finally {
      held--;
    }
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
