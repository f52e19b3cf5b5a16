package dev.freshet.functions;

import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.functions.AnalyzedModule.CronSpec;
import dev.freshet.functions.AnalyzedModule.HttpRoute;
import dev.freshet.functions.AnalyzedModule.SourcePosition;
import dev.freshet.functions.AnalyzedModule.Visibility;
import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what the runner says of an analyzed module; see {@code runner/src/context/analysis.ts}. */
final class AnalysisReader {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String UNVALIDATED = "{\"type\":\"any\"}";
  private static final String NO_VALIDATOR = "null";

  private AnalysisReader() {}

  static AnalyzedModule read(String path, String text) {
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JacksonException e) {
      throw FreshetException.internal("a runner sent an analysis that is no JSON", e);
    }
    List<AnalyzedFunction> functions = new ArrayList<>();
    json.path("functions").forEach(function -> functions.add(function(function)));
    functions.sort(
        Comparator.comparing(
            AnalyzedFunction::position,
            Comparator.nullsFirst(
                Comparator.comparing(SourcePosition::path)
                    .thenComparingInt(SourcePosition::line)
                    .thenComparingInt(SourcePosition::column))));
    JsonNode sourceIndex = json.path("sourceIndex");
    return new AnalyzedModule(
        List.copyOf(functions),
        routes(json.path("httpRoutes")),
        crons(path, json.path("cronSpecs")),
        sourceIndex.isNumber() ? sourceIndex.asInt() : null,
        json.path("reuseContext").asBoolean(false));
  }

  private static AnalyzedFunction function(JsonNode json) {
    JsonNode visibility = json.path("visibility");
    JsonNode args = json.path("args");
    JsonNode returns = json.path("returns");
    boolean returnsAnything = !returns.isString() || returns.asString().equals(NO_VALIDATOR);
    return new AnalyzedFunction(
        json.path("name").asString(),
        position(json.path("position")),
        FunctionKind.valueOf(json.path("kind").asString().toUpperCase(Locale.ROOT)),
        visibility.isString()
            ? Visibility.valueOf(visibility.asString().toUpperCase(Locale.ROOT))
            : null,
        args.isString() ? args.asString() : UNVALIDATED,
        returnsAnything ? UNVALIDATED : returns.asString());
  }

  private static @Nullable SourcePosition position(JsonNode json) {
    return json.isObject()
        ? new SourcePosition(
            json.path("path").asString(), json.path("line").asInt(), json.path("column").asInt())
        : null;
  }

  private static @Nullable List<HttpRoute> routes(JsonNode json) {
    if (!json.isArray()) {
      return null;
    }
    List<HttpRoute> routes = new ArrayList<>();
    for (JsonNode route : json) {
      routes.add(
          new HttpRoute(
              route.path("path").asString(),
              route.path("method").asString(),
              position(route.path("position"))));
    }
    return List.copyOf(routes);
  }

  private static @Nullable List<CronSpec> crons(String path, JsonNode json) {
    if (!json.isArray()) {
      return null;
    }
    List<CronSpec> crons = new ArrayList<>();
    for (JsonNode cron : json) {
      if (!cron.path("name").isString() || !cron.path("schedule").isObject()) {
        throw FreshetException.badRequest(
            "InvalidCron",
            path + " has a cron job without a function or schedule: " + cron.path("identifier"));
      }
      crons.add(
          new CronSpec(
              cron.path("identifier").asString(),
              cron.path("name").asString(),
              cron.path("args").asString(),
              cron.path("schedule")));
    }
    return List.copyOf(crons);
  }
}
