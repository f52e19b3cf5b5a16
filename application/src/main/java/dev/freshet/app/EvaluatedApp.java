package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.ModuleEnvironment;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * What evaluating a push found out.
 *
 * @param modules by path; the schema and the app's definition are not among them
 * @param schemaJson what the schema exports; null without a schema
 * @param auth the providers of auth.config.ts
 */
record EvaluatedApp(
    SortedMap<String, EvaluatedModule> modules,
    @Nullable String schemaJson,
    AppDefinition definition,
    List<AuthConfig.Provider> auth) {

  /**
   * @param analysis null for shared chunks
   * @param analysisKey what the analysis depends on; equal keys give equal analyses
   * @param closure paths of all that it may load, itself included
   */
  record EvaluatedModule(
      StoredModule stored,
      @Nullable AnalyzedModule analysis,
      String analysisKey,
      SortedSet<String> closure) {}

  boolean usesNode() {
    return modules.values().stream()
        .anyMatch(module -> module.stored().environment() == ModuleEnvironment.NODE);
  }
}
