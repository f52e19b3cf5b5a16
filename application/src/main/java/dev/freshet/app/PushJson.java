package dev.freshet.app;

import dev.freshet.database.IndexDiff;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.values.DocumentId;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.ValueJson;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The answers of a push (spec 20 §7, §12). The root component has the empty path. */
final class PushJson {
  static final String ROOT = "";

  /** Where the answer of a dry run carries the schema that waiting is to check. */
  static final String DRY_RUN_SCHEMA = "dryRunSchema";

  private PushJson() {}

  /**
   * The answer to {@code start_push}.
   *
   * @param manifest null if the push is not to be finished
   */
  static ObjectNode started(
      PreparedPush push, @Nullable String manifest, @Nullable DocumentId schema, IndexDiff diff) {
    ObjectNode json = Json.object();
    ObjectNode variables = json.putObject("environmentVariables");
    push.userEnvironment().forEach(variables::put);
    json.putNull("externalDepsId");
    json.putObject("componentDefinitionPackages")
        .putObject(ROOT)
        .put("storageKey", manifest)
        .put("nodeVersion", push.request().nodeVersion());
    ArrayNode auth = json.putArray("appAuth");
    push.app().auth().forEach(provider -> auth.add(provider.toJson()));
    json.putObject("analysis").set(ROOT, evaluated(push));
    json.set("app", checked(push.app()));
    ObjectNode change = schemaChange(schema, diff);
    if (push.request().withoutEffect() && push.schema() != null) {
      change.put(DRY_RUN_SCHEMA, push.schema().toJson());
    }
    json.set("schemaChange", change);
    return json;
  }

  static ObjectNode schemaChange(@Nullable DocumentId schema, IndexDiff diff) {
    ObjectNode json = Json.object();
    json.putObject("allocatedComponentIds");
    json.putObject("schemaIds").put(ROOT, schema == null ? null : schema.encode());
    json.putObject("indexDiffs").set(ROOT, indexDiff(diff));
    return json;
  }

  private static ObjectNode evaluated(PreparedPush push) {
    ObjectNode json = Json.object();
    json.set("definition", push.app().definition().json());
    json.set("schema", push.schema() == null ? null : Json.parseStored(push.schema().toJson()));
    ObjectNode functions = json.putObject("functions");
    push.app()
        .modules()
        .forEach(
            (path, module) -> {
              if (module.analysis() != null) {
                functions.set(path, module.analysis().toJson());
              }
            });
    UdfConfig config = push.config();
    ObjectNode udfConfig = json.putObject("udfConfig");
    udfConfig.put("serverVersion", config.serverVersion());
    // As encoded values: bare numbers of this size would not survive the client.
    udfConfig.set(
        "importPhaseRngSeed",
        Json.parseStored(
            ValueJson.write(new BytesValue(config.importPhaseSeed()), JsonFormat.ENCODED)));
    udfConfig.set(
        "importPhaseUnixTimestamp",
        Json.parseStored(
            ValueJson.write(new Int64Value(config.importPhaseNanos()), JsonFormat.ENCODED)));
    return json;
  }

  private static ObjectNode checked(EvaluatedApp app) {
    ObjectNode json = Json.object().put("definitionPath", "").put("componentPath", "");
    json.set("httpPrefix", app.definition().json().get("httpPrefix"));
    json.putObject("args");
    json.putObject("env");
    json.putObject("childComponents");
    ObjectNode routes = json.putObject("httpRoutes");
    EvaluatedApp.EvaluatedModule http = app.modules().get(ModulePath.HTTP);
    List<AnalyzedModule.HttpRoute> declared =
        http == null || http.analysis() == null ? null : http.analysis().httpRoutes();
    if (declared == null) {
      routes.putNull("httpModuleRoutes");
    } else {
      ArrayNode list = routes.putArray("httpModuleRoutes");
      declared.forEach(r -> list.addObject().put("method", r.method()).put("path", r.path()));
    }
    routes.putArray("mounts");
    json.putObject("exports");
    return json;
  }

  static ObjectNode indexDiff(IndexDiff diff) {
    ObjectNode json = Json.object();
    json.set("added_indexes", indexes(diff.added()));
    json.set("removed_indexes", indexes(diff.removed()));
    json.set("enabled_indexes", indexes(diff.enabled()));
    json.set("disabled_indexes", indexes(diff.disabled()));
    return json;
  }

  private static ArrayNode indexes(List<IndexDiff.Entry> entries) {
    ArrayNode list = Json.array();
    entries.forEach(entry -> list.add(index(entry)));
    return list;
  }

  static ObjectNode index(IndexDiff.Entry entry) {
    ObjectNode json = Json.object().put("name", entry.name()).put("type", "database");
    entry.index().fields().forEach(json.putArray("fields")::add);
    return json.put("staged", entry.index().staged());
  }

  /** The answer to {@code finish_push} of a dry run. */
  static ObjectNode nothingFinished() {
    ObjectNode json = Json.object();
    json.putObject("authDiff").putArray("added");
    json.withObject("authDiff").putArray("removed");
    json.putObject("definitionDiffs");
    json.putObject("componentDiffs");
    return json;
  }

  /** The answer to {@code finish_push}. */
  static ObjectNode finished(FinishedPush push) {
    ObjectNode json = Json.object();
    ObjectNode auth = json.putObject("authDiff");
    strings(auth.putArray("added"), push.auth().added());
    strings(auth.putArray("removed"), push.auth().removed());
    json.putObject("definitionDiffs").putObject(ROOT);
    json.putObject("componentDiffs").set(ROOT, componentDiff(push));
    return json;
  }

  static ObjectNode componentDiff(FinishedPush push) {
    ObjectNode json = Json.object();
    json.putObject("diffType").put("type", push.created() ? "create" : "modify");
    ObjectNode modules = json.putObject("moduleDiff");
    strings(modules.putArray("added"), push.modulesAdded());
    strings(modules.putArray("removed"), push.modulesRemoved());
    if (push.previousVersion() == null) {
      json.putNull("udfConfigDiff");
    } else {
      json.putObject("udfConfigDiff")
          .put("previous_version", push.previousVersion())
          .put("next_version", push.nextVersion());
    }
    ObjectNode crons = json.putObject("cronDiff");
    strings(crons.putArray("added"), push.crons().added());
    strings(crons.putArray("updated"), push.crons().updated());
    strings(crons.putArray("deleted"), push.crons().deleted());
    json.set("indexDiff", indexDiff(push.indexes()));
    if (push.schema() == null) {
      json.putNull("schemaDiff");
    } else {
      json.putObject("schemaDiff")
          .put("previous_schema", push.schema().previous())
          .put("next_schema", push.schema().next());
    }
    return json;
  }

  private static void strings(ArrayNode list, List<String> texts) {
    texts.forEach(list::add);
  }
}
