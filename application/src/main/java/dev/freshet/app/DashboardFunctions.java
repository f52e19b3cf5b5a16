package dev.freshet.app;

import dev.freshet.app.DeploymentTables.BackendState;
import dev.freshet.app.DeploymentTables.Component;
import dev.freshet.database.Document;
import dev.freshet.database.IndexInfo;
import dev.freshet.database.IndexState;
import dev.freshet.database.Namespace;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.RangeBound;
import dev.freshet.database.SchemaDefinition;
import dev.freshet.database.SchemaStore;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.TableInfo;
import dev.freshet.database.WorkProgress;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The system functions of the dashboard (spec 60 §3.1), as far as they are built. */
final class DashboardFunctions {
  /** System tables whose numbers appear in ids that users see. */
  private static final Set<String> MAPPED_SYSTEM_TABLES =
      Set.of("_scheduled_jobs", "_file_storage");

  private final ModuleCatalog catalog;
  private final EnvironmentVariables environment;

  DashboardFunctions(ModuleCatalog catalog, EnvironmentVariables environment) {
    this.catalog = catalog;
    this.environment = environment;
  }

  void register(SystemFunctions.Registry registry) {
    DeploymentOp view = DeploymentOp.VIEW_DATA;
    registry.add("frontend/getVersion", null, this::version);
    registry.add(
        "frontend/convexCloudUrl", view, call -> url(call, EnvironmentVariables.CLOUD_URL));
    registry.add("frontend/convexSiteUrl", view, call -> url(call, EnvironmentVariables.SITE_URL));
    registry.add("frontend/backendState:backendState", null, DashboardFunctions::backendState);
    registry.add(
        "frontend/deploymentState:deploymentState", null, DashboardFunctions::deploymentState);
    registry.add("frontend/components:list", view, DashboardFunctions::components);
    registry.add("frontend/modules:list", view, this::modules);
    registry.add("frontend/modules:listForAllComponents", view, this::modulesOfAll);
    registry.add("frontend/modules:argsValidator", view, this::argsValidator);
    registry.add("frontend/getSchemas", view, DashboardFunctions::schemas);
    registry.add("frontend/getTableMapping", view, DashboardFunctions::tableMapping);
    registry.add("frontend/indexes", view, DashboardFunctions::indexes);
    registry.add(
        "frontend/tableSize",
        view,
        call -> Value.of((double) UserTables.count(call, call.text("tableName"))));
    registry.add("frontend/tableSize:sizeOfAllTables", view, DashboardFunctions::sizeOfAllTables);
    registry.add("frontend/getById", view, DashboardFunctions::byId);
    registry.add("frontend/listById", view, DashboardFunctions::listById);
    registry.add(
        "frontend/listEnvironmentVariables",
        DeploymentOp.VIEW_ENVIRONMENT_VARIABLES,
        new CliFunctions(catalog, environment)::environmentVariables);
    registry.add(
        "frontend/getSchemas:schemaValidationProgress",
        view,
        call -> {
          WorkProgress progress =
              SchemaStore.in(call.transaction(), Namespace.ROOT).validationProgress();
          return progress == null ? NullValue.NULL : progress("numDocsValidated", progress);
        });
    registry.add(
        "frontend/deploymentEvents:lastPushEvent", view, DashboardFunctions::lastPushEvent);
    registry.add("frontend/listAuthProviders", view, call -> documents(call, "_auth"));
  }

  private Value version(SystemCall call) {
    UdfConfig config = catalog.config(call.transaction());
    return config == null ? NullValue.NULL : Value.of(config.serverVersion());
  }

  private Value url(SystemCall call, String name) {
    String value = environment.get(call.transaction(), name);
    return value == null ? NullValue.NULL : Value.of(value);
  }

  private static BackendState state(SystemCall call) {
    List<Row<BackendState>> rows = DeploymentTables.BACKEND_STATE.all(call.transaction());
    return rows.isEmpty() ? BackendState.RUNNING : rows.getFirst().record();
  }

  private static Value backendState(SystemCall call) {
    BackendState state = state(call);
    return Fields.build()
        .put("system", state.system())
        .put("usage_limit", state.usageLimit())
        .put("user", state.user())
        .object();
  }

  private static Value deploymentState(SystemCall call) {
    BackendState state = state(call);
    String name =
        !state.system().equals("none")
            ? state.system()
            : state.user().equals("paused") ? "paused" : "running";
    return Fields.build().put("state", name).object();
  }

  private static Value components(SystemCall call) {
    List<Value> components = new ArrayList<>();
    for (Row<Component> row : DeploymentTables.COMPONENTS.all(call.transaction())) {
      components.add(
          Fields.build()
              .put("id", row.id().encode())
              .putNullable("name", row.record().name())
              .put("path", "")
              .put("args", Fields.build().object())
              .put("state", "active")
              .put("httpPrefix", NullValue.NULL)
              .object());
    }
    return new ArrayValue(components);
  }

  private Value modulesOfAll(SystemCall call) {
    return new ArrayValue(List.of(new ArrayValue(List.of(NullValue.NULL, modules(call)))));
  }

  private Value modules(SystemCall call) {
    List<Value> modules = new ArrayList<>();
    for (Row<ModuleRow> row : catalog.rows(call.transaction())) {
      AnalyzedModule analysis = row.record().analysis();
      if (analysis != null) {
        modules.add(
            new ArrayValue(List.of(Value.of(row.record().path()), module(row.record(), analysis))));
      }
    }
    return new ArrayValue(modules);
  }

  private static ObjectValue module(ModuleRow row, AnalyzedModule analysis) {
    List<Value> functions = new ArrayList<>();
    for (AnalyzedFunction function : analysis.functions()) {
      Fields.Builder fields =
          Fields.build()
              .put("name", function.name())
              .put("udfType", function.kind().wireName())
              .put("visibility", CliFunctions.visibility(function));
      if (function.position() != null) {
        fields.put("lineno", Value.of((double) function.position().line()));
      }
      functions.add(fields.object());
    }
    if (analysis.httpRoutes() != null) {
      for (AnalyzedModule.HttpRoute route : analysis.httpRoutes()) {
        functions.add(
            Fields.build()
                .put("name", route.method() + " " + route.path())
                .put("udfType", "HttpAction")
                .put("visibility", Fields.build().put("kind", "public").object())
                .object());
      }
    }
    return Fields.build()
        .put("functions", new ArrayValue(functions))
        .put("sourcePackageId", row.sourcePackageId())
        .object();
  }

  private Value argsValidator(SystemCall call) {
    FunctionPath path = FunctionPath.parse(call.text("function"));
    for (Row<ModuleRow> row : catalog.rows(call.transaction())) {
      AnalyzedModule analysis = row.record().analysis();
      if (analysis != null && row.record().path().equals(path.module())) {
        AnalyzedFunction function = analysis.function(path.function());
        if (function == null) {
          return NullValue.NULL;
        }
        String args = function.argsJson();
        return Value.of(args == null ? "{ \"type\": \"any\" }" : args);
      }
    }
    return NullValue.NULL;
  }

  private static Value schemas(SystemCall call) {
    SchemaDefinition active = SchemaStore.in(call.transaction(), Namespace.ROOT).active();
    Fields.Builder schemas =
        Fields.build().putOptional("active", active == null ? null : active.toJson());
    for (String state : List.of("pending", "validated")) {
      QuerySpec inState =
          QuerySpec.indexRange(
              "_schemas",
              "by_state",
              Order.ASC,
              List.of(RangeBound.eq("state.state", Value.of(state))));
      for (Document document : call.all(inState)) {
        schemas.put("inProgress", Fields.text(document.value(), "schema"));
      }
    }
    return schemas.object();
  }

  private static Value tableMapping(SystemCall call) {
    Fields.Builder mapping = Fields.build();
    UserTables.all(call).forEach(table -> map(mapping, table));
    for (TableInfo table : call.transaction().catalog().tables(Namespace.ROOT)) {
      if (MAPPED_SYSTEM_TABLES.contains(table.name())) {
        map(mapping, table);
      }
    }
    return mapping.object();
  }

  private static void map(Fields.Builder mapping, TableInfo table) {
    mapping.put(Integer.toUnsignedString(table.number()), table.name());
  }

  private static Value indexes(SystemCall call) {
    String name = call.optionalText("tableName");
    TableInfo table = name == null ? null : call.transaction().table(name);
    if (table == null || table.isSystem()) {
      return NullValue.NULL;
    }
    call.all(QuerySpec.indexRange("_index", "by_id", Order.ASC, List.of())); // to depend on them
    List<Value> indexes = new ArrayList<>();
    SchemaStore store = SchemaStore.in(call.transaction(), Namespace.ROOT);
    for (IndexInfo index : call.transaction().catalog().indexes(table)) {
      if (!index.isBuiltIn()) {
        indexes.add(index(index, store.buildingProgress(index)));
      }
    }
    return new ArrayValue(indexes);
  }

  private static ObjectValue progress(String done, WorkProgress progress) {
    Long total = progress.total();
    return Fields.build()
        .put(done, Value.of((double) progress.done()))
        .put("totalDocs", total == null ? NullValue.NULL : Value.of((double) total))
        .object();
  }

  private static ObjectValue index(IndexInfo index, @Nullable WorkProgress progress) {
    String state =
        switch (index.state()) {
          case IndexState.BACKFILLING -> "backfilling";
          case IndexState.BACKFILLED -> "backfilled";
          case IndexState.ENABLED -> "done";
        };
    Fields.Builder backfill = Fields.build().put("state", state);
    if (progress != null) {
      backfill.put("stats", progress("numDocsIndexed", progress));
    }
    List<Value> fields = new ArrayList<>();
    index.fields().forEach(field -> fields.add(Value.of(field)));
    return Fields.build()
        .put("name", index.descriptor())
        .put("staged", Value.of(index.staged()))
        .put("fields", new ArrayValue(fields))
        .put("backfill", backfill.object())
        .object();
  }

  private static Value sizeOfAllTables(SystemCall call) {
    long documents = 0;
    for (TableInfo table : UserTables.all(call)) {
      documents += call.transaction().count(table.name());
    }
    return Value.of((double) documents);
  }

  private static Value byId(SystemCall call) {
    return orNull(UserTables.document(call.transaction(), call.text("id"), null));
  }

  private static Value listById(SystemCall call) {
    List<Value> documents = new ArrayList<>();
    for (Value element : call.array("ids")) {
      Document document =
          element instanceof ObjectValue object
                  && object.fields().get("id") instanceof StringValue(String id)
                  && object.fields().get("tableName") instanceof StringValue(String table)
              ? UserTables.document(call.transaction(), id, table)
              : null;
      documents.add(orNull(document));
    }
    return new ArrayValue(documents);
  }

  private static Value lastPushEvent(SystemCall call) {
    QuerySpec pushes =
        QuerySpec.indexRange(
            DeploymentTables.AUDIT_LOG.name(),
            "by_action_and_creation_time",
            Order.DESC,
            List.of(RangeBound.eq("action", Value.of("push_config_with_components"))));
    return orNull(call.transaction().query(pushes).next());
  }

  private static Value orNull(@Nullable Document document) {
    return document == null ? NullValue.NULL : document.value();
  }

  private static Value documents(SystemCall call, String table) {
    List<Value> documents = new ArrayList<>();
    for (Document document : call.all(QuerySpec.fullScan(table, Order.ASC))) {
      documents.add(document.value());
    }
    return new ArrayValue(documents);
  }
}
