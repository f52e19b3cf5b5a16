package dev.freshet.functions;

import java.util.Arrays;

/** Everything but environment variables that the state of a freshly loaded context depends on. */
record LoadKey(ModuleSet modules, String path, ImportPhase phase) {
  static LoadKey of(FunctionCall call) {
    return new LoadKey(call.modules(), call.modulePath(), call.importPhase());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LoadKey(ModuleSet otherModules, String otherPath, ImportPhase that)
        && path.equals(otherPath)
        && modules.equals(otherModules)
        && phase.unixMillis() == that.unixMillis()
        && Arrays.equals(phase.seed(), that.seed());
  }

  @Override
  public int hashCode() {
    return path.hashCode() * 31 + modules.hashCode();
  }
}
