package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.functions.ModuleSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A module of the deployed app, ready to be called. Immutable; one instance serves all calls until
 * a push changes the module or something it loads, so that parsed validators and the module set are
 * shared.
 */
final class DeployedModule {
  private final String path;
  private final ModuleEnvironment environment;
  private final ModuleSet modules;
  private final boolean router;
  private final Map<String, DeployedFunction> functions = new HashMap<>();

  DeployedModule(
      String path, ModuleEnvironment environment, ModuleSet modules, AnalyzedModule analysis) {
    this.path = path;
    this.environment = environment;
    this.modules = modules;
    this.router = analysis.httpRoutes() != null;
    for (AnalyzedModule.AnalyzedFunction function : analysis.functions()) {
      functions.put(function.name(), new DeployedFunction(function));
    }
  }

  /** Canonical, e.g. {@code messages.js}. */
  String path() {
    return path;
  }

  ModuleEnvironment environment() {
    return environment;
  }

  /** The module and all that it may load: what a {@code FunctionCall} takes. */
  ModuleSet modules() {
    return modules;
  }

  /** Whether it exports a router of HTTP actions. */
  boolean isRouter() {
    return router;
  }

  @Nullable DeployedFunction function(String name) {
    return functions.get(name);
  }
}
