package dev.freshet.functions;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What evaluating a module at push found out about it (spec 30 §4, 20 §9).
 *
 * @param httpRoutes set for {@code http.js} only
 * @param cronSpecs set for {@code crons.js} only
 * @param sourceIndex index of the user's own file among the sources of the module's source map
 */
public record AnalyzedModule(
    List<AnalyzedFunction> functions,
    @Nullable List<HttpRoute> httpRoutes,
    @Nullable List<CronSpec> cronSpecs,
    @Nullable Integer sourceIndex,
    boolean reuseContext) {
  public static final AnalyzedModule EMPTY = new AnalyzedModule(List.of(), null, null, null, false);

  /** Who may call a function; {@code null} of a very old library is kept as null. */
  public enum Visibility {
    PUBLIC,
    INTERNAL
  }

  /**
   * @param position place of the handler in the user's source
   * @param argsJson validator as JSON text; {@code {"type":"any"}} if the function has none
   * @param returnsJson validator as JSON text; null if the function has none
   */
  public record AnalyzedFunction(
      String name,
      @Nullable SourcePosition position,
      FunctionKind kind,
      @Nullable Visibility visibility,
      @Nullable String argsJson,
      @Nullable String returnsJson) {}

  /** A place in a source file; line and column count from 0. */
  public record SourcePosition(String path, int line, int column) {}

  public record HttpRoute(String path, String method, @Nullable SourcePosition position) {}

  /**
   * @param functionPath e.g. {@code messages:send}
   * @param argsJson JSON array of the arguments
   * @param schedule JSON object as the library's {@code crons} export gives it
   */
  public record CronSpec(
      String identifier, String functionPath, @Nullable String argsJson, JsonNode schedule) {}

  public @Nullable AnalyzedFunction function(String name) {
    for (AnalyzedFunction function : functions) {
      if (function.name().equals(name)) {
        return function;
      }
    }
    return null;
  }

  /** The JSON form of spec 20 §9. */
  public ObjectNode toJson() {
    return AnalysisJson.write(this);
  }

  /** Reads what {@link #toJson} wrote. */
  public static AnalyzedModule fromJson(JsonNode json) {
    return AnalysisJson.read(json);
  }
}
