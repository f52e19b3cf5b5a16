package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.functions.AnalyzedModule.Visibility;
import dev.freshet.functions.FunctionKind;

/** A function of the deployed app, as calls need it. Thread-safe. */
final class DeployedFunction {
  private final AnalyzedFunction analyzed;

  DeployedFunction(AnalyzedFunction analyzed) {
    this.analyzed = analyzed;
  }

  FunctionKind kind() {
    return analyzed.kind();
  }

  boolean isPublic() {
    return analyzed.visibility() != Visibility.INTERNAL;
  }
}
