package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.functions.AnalyzedModule.CronSpec;
import dev.freshet.functions.AnalyzedModule.HttpRoute;
import dev.freshet.functions.AnalyzedModule.SourcePosition;
import dev.freshet.functions.AnalyzedModule.Visibility;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The JSON form of an analysis (spec 20 §9), which clients echo and the dashboard reads. */
final class AnalysisJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private AnalysisJson() {}

  static ObjectNode write(AnalyzedModule module) {
    ObjectNode json = parts(module);
    ObjectNode mapped = NODES.objectNode();
    if (module.sourceIndex() == null) {
      mapped.putNull("sourceIndex");
    } else {
      mapped.put("sourceIndex", module.sourceIndex());
    }
    mapped.setAll(parts(module));
    json.set("sourceMapped", mapped);
    if (module.reuseContext()) {
      json.put("reuseContext", true);
    }
    return json;
  }

  static AnalyzedModule read(JsonNode json) {
    List<AnalyzedFunction> functions = new ArrayList<>();
    for (JsonNode function : json.path("functions")) {
      functions.add(function(function));
    }
    JsonNode routes = json.path("httpRoutes");
    JsonNode crons = json.path("cronSpecs");
    JsonNode sourceIndex = json.path("sourceMapped").path("sourceIndex");
    return new AnalyzedModule(
        functions,
        routes.isArray() ? routes(routes) : null,
        crons.isArray() ? crons(crons) : null,
        sourceIndex.isNumber() ? sourceIndex.asInt() : null,
        json.path("reuseContext").asBoolean(false));
  }

  private static ObjectNode parts(AnalyzedModule module) {
    ObjectNode json = NODES.objectNode();
    ArrayNode functions = json.putArray("functions");
    for (AnalyzedFunction function : module.functions()) {
      ObjectNode node = functions.addObject();
      node.put("name", function.name());
      node.set("pos", position(function.position()));
      node.put("udfType", function.kind().wireName());
      Visibility visibility = function.visibility();
      if (visibility == null) {
        node.putNull("visibility");
      } else {
        node.putObject("visibility").put("kind", visibility.name().toLowerCase(Locale.ROOT));
      }
      node.put("args", function.argsJson());
      node.put("returns", function.returnsJson());
    }
    List<HttpRoute> routes = module.httpRoutes();
    json.set("httpRoutes", routes == null ? NODES.nullNode() : routes(routes));
    List<CronSpec> crons = module.cronSpecs();
    json.set("cronSpecs", crons == null ? NODES.nullNode() : crons(crons));
    return json;
  }

  private static JsonNode position(@Nullable SourcePosition position) {
    if (position == null) {
      return NODES.nullNode();
    }
    return NODES
        .objectNode()
        .put("path", position.path())
        .put("start_lineno", position.line())
        .put("start_col", position.column());
  }

  private static ArrayNode routes(List<HttpRoute> routes) {
    ArrayNode array = NODES.arrayNode();
    for (HttpRoute route : routes) {
      ObjectNode node = array.addObject();
      node.putObject("route").put("path", route.path()).put("method", route.method());
      node.set("pos", position(route.position()));
    }
    return array;
  }

  private static ArrayNode crons(List<CronSpec> crons) {
    ArrayNode array = NODES.arrayNode();
    for (CronSpec cron : crons) {
      ObjectNode node = array.addObject().put("identifier", cron.identifier());
      ObjectNode spec = node.putObject("spec").put("udfPath", cron.functionPath());
      String args = cron.argsJson();
      if (args == null) {
        spec.putNull("udfArgs");
      } else {
        ArrayNode bytes = spec.putArray("udfArgs");
        for (byte b : args.getBytes(UTF_8)) {
          bytes.add(b & 0xff);
        }
      }
      spec.set("cronSchedule", cron.schedule());
    }
    return array;
  }

  private static AnalyzedFunction function(JsonNode json) {
    FunctionKind kind =
        FunctionKind.valueOf(json.path("udfType").asString().toUpperCase(Locale.ROOT));
    JsonNode visibility = json.path("visibility").path("kind");
    return new AnalyzedFunction(
        json.path("name").asString(),
        readPosition(json.path("pos")),
        kind,
        visibility.isString()
            ? Visibility.valueOf(visibility.asString().toUpperCase(Locale.ROOT))
            : null,
        text(json.path("args")),
        text(json.path("returns")));
  }

  private static @Nullable String text(JsonNode json) {
    return json.isString() ? json.asString() : null;
  }

  private static @Nullable SourcePosition readPosition(JsonNode json) {
    return json.isObject()
        ? new SourcePosition(
            json.path("path").asString(),
            json.path("start_lineno").asInt(),
            json.path("start_col").asInt())
        : null;
  }

  private static List<HttpRoute> routes(JsonNode json) {
    List<HttpRoute> routes = new ArrayList<>();
    for (JsonNode node : json) {
      JsonNode route = node.path("route");
      routes.add(
          new HttpRoute(
              route.path("path").asString(),
              route.path("method").asString(),
              readPosition(node.path("pos"))));
    }
    return routes;
  }

  private static List<CronSpec> crons(JsonNode json) {
    List<CronSpec> crons = new ArrayList<>();
    for (JsonNode node : json) {
      JsonNode spec = node.path("spec");
      String args = null;
      if (spec.path("udfArgs").isArray()) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        spec.path("udfArgs").forEach(b -> bytes.write(b.asInt()));
        args = bytes.toString(UTF_8);
      }
      crons.add(
          new CronSpec(
              node.path("identifier").asString(),
              spec.path("udfPath").asString(),
              args,
              spec.path("cronSchedule")));
    }
    return crons;
  }
}
