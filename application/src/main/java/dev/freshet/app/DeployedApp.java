package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.ImportPhase;
import dev.freshet.functions.ModuleSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one push deployed: the modules and what their analysis found. Immutable; read once per push
 * and shared by all calls, so that parsed validators are shared too.
 */
final class DeployedApp {
  /** Before the first push. */
  static final DeployedApp EMPTY =
      new DeployedApp(ModuleSet.of(java.util.List.of()), Map.of(), new ImportPhase(new byte[32], 0));

  private final ModuleSet modules;
  private final ImportPhase importPhase;
  private final Map<FunctionPath, DeployedFunction> functions = new HashMap<>();

  /**
   * @param analyzed by canonical module path
   */
  DeployedApp(ModuleSet modules, Map<String, AnalyzedModule> analyzed, ImportPhase importPhase) {
    this.modules = modules;
    this.importPhase = importPhase;
    analyzed.forEach(
        (module, analysis) -> {
          for (AnalyzedModule.AnalyzedFunction function : analysis.functions()) {
            functions.put(
                new FunctionPath(module, function.name()), new DeployedFunction(function));
          }
        });
  }

  ModuleSet modules() {
    return modules;
  }

  ImportPhase importPhase() {
    return importPhase;
  }

  @Nullable DeployedFunction function(FunctionPath path) {
    return functions.get(path);
  }
}
