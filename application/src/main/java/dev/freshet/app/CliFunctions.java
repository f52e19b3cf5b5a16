package dev.freshet.app;

import dev.freshet.app.DeploymentTables.EnvironmentVariable;
import dev.freshet.database.Document;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.TableInfo;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.ValueJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The system functions of the command line tool (spec 20 §25). */
final class CliFunctions {
  private static final String ANY = "{\"type\":\"any\"}";

  private final ModuleCatalog catalog;
  private final EnvironmentVariables environment;

  CliFunctions(ModuleCatalog catalog, EnvironmentVariables environment) {
    this.catalog = catalog;
    this.environment = environment;
  }

  void register(SystemFunctions.Registry registry) {
    registry.add(
        "cli/convexUrl:cloudUrl",
        DeploymentOp.VIEW_DATA,
        call -> variable(call, EnvironmentVariables.CLOUD_URL));
    registry.add("cli/modules:apiSpec", DeploymentOp.VIEW_DATA, this::apiSpec);
    registry.add("cli/tables", DeploymentOp.VIEW_DATA, CliFunctions::tables);
    registry.add("cli/tableData", DeploymentOp.VIEW_DATA, CliFunctions::tableData);
    registry.add(
        "cli/tableSize",
        DeploymentOp.VIEW_DATA,
        call -> Value.of((double) UserTables.count(call, call.text("tableName"))));
    registry.add("cli/queryTable", DeploymentOp.VIEW_DATA, CliFunctions::queryTable);
    registry.add(
        "cli/queryEnvironmentVariables",
        DeploymentOp.VIEW_ENVIRONMENT_VARIABLES,
        this::environmentVariables);
    registry.add(
        "cli/queryEnvironmentVariables:get",
        DeploymentOp.VIEW_ENVIRONMENT_VARIABLES,
        this::environmentVariable);
  }

  private Value variable(SystemCall call, String name) {
    String value = environment.get(call.transaction(), name);
    return value == null ? NullValue.NULL : Value.of(value);
  }

  private Value environmentVariable(SystemCall call) {
    String name = call.text("name");
    String value = environment.get(call.transaction(), name);
    return value == null
        ? NullValue.NULL
        : Fields.build().put("name", name).put("value", value).object();
  }

  /** All that developers set, as whole documents. */
  Value environmentVariables(SystemCall call) {
    List<Value> rows = new ArrayList<>();
    for (Row<EnvironmentVariable> row : environment.rows(call.transaction())) {
      rows.add(
          Fields.build()
              .put("_id", row.id().encode())
              .put("_creationTime", Value.of(row.creationTime()))
              .put("name", row.record().name())
              .put("value", row.record().value())
              .object());
    }
    return new ArrayValue(rows);
  }

  private static Value tables(SystemCall call) {
    List<Value> names = new ArrayList<>();
    for (TableInfo table : UserTables.all(call)) {
      names.add(Fields.build().put("name", table.name()).object());
    }
    return Fields.build()
        .put("page", new ArrayValue(names))
        .put("isDone", Value.of(true))
        .put("continueCursor", "end")
        .object();
  }

  private static Value tableData(SystemCall call) {
    String table = UserTables.visible(call.text("table"));
    Order order = "asc".equals(call.optionalText("order")) ? Order.ASC : Order.DESC;
    return call.paginate(QuerySpec.fullScan(table, order), Document::value);
  }

  /** A number that is another one whenever the table changed. */
  private static Value queryTable(SystemCall call) {
    UserTables.count(call, call.text("tableName")); // for the dependency on all of it
    return Value.of((double) call.transaction().beginTimestamp());
  }

  private Value apiSpec(SystemCall call) {
    List<Value> functions = new ArrayList<>();
    for (Row<ModuleRow> row : catalog.rows(call.transaction())) {
      AnalyzedModule analysis = row.record().analysis();
      if (analysis == null) {
        continue;
      }
      for (AnalyzedFunction function : analysis.functions()) {
        functions.add(function(row.record().path(), function));
      }
      if (analysis.httpRoutes() != null) {
        for (AnalyzedModule.HttpRoute route : analysis.httpRoutes()) {
          functions.add(
              Fields.build()
                  .put("functionType", "HttpAction")
                  .put("method", route.method())
                  .put("path", route.path())
                  .object());
        }
      }
    }
    return new ArrayValue(functions);
  }

  private static Value function(String path, AnalyzedFunction function) {
    return Fields.build()
        .put("identifier", path + ":" + function.name())
        .put("functionType", function.kind().wireName())
        .put("visibility", visibility(function))
        .put("args", validator(function.argsJson()))
        .put("returns", validator(function.returnsJson()))
        .object();
  }

  static Value visibility(AnalyzedFunction function) {
    AnalyzedModule.Visibility visibility = function.visibility();
    String kind =
        (visibility == null ? AnalyzedModule.Visibility.PUBLIC : visibility)
            .name()
            .toLowerCase(Locale.ROOT);
    return Fields.build().put("kind", kind).object();
  }

  private static Value validator(@Nullable String json) {
    return ValueJson.parse(json == null || json.equals("null") ? ANY : json);
  }
}
