package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class SystemFunctionsTest {
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":false}";
  private static final Identity ADMIN =
      new Identity.Admin("happy-otter-1", DeploymentOp.all(), false);

  @TempDir private Path directory;
  private PushFixture app;

  @BeforeEach
  void open() {
    ScriptedRunner runner = new ScriptedRunner();
    app = new PushFixture(directory, runner, runner);
  }

  @AfterEach
  void close() {
    app.close();
  }

  private SystemFunctions.Answer answer(
      String path, String args, Identity identity, @Nullable String journal) {
    Transaction transaction = app.database.begin(TransactionOptions.SYSTEM);
    return app.systemFunctions.call(
        transaction,
        identity,
        FunctionPath.parse("_system/" + path),
        ValueJson.parseObject(args),
        journal);
  }

  private JsonNode call(String path, String args) {
    Value value = answer(path, args, ADMIN, null).value();
    return Json.parseStored(ValueJson.write(value, JsonFormat.ENCODED));
  }

  private void notes(int count) {
    app.write(
        t -> {
          for (int i = 0; i < count; i++) {
            t.insert("notes", ObjectValue.of(Map.of("n", Value.of((double) i))));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"cli/tables", "cli/tables:default", "cli/tables.js:default"})
  void everyFormOfAPathResolves(String path) {
    notes(1);
    assertThat(app.systemFunctions.kind(FunctionPath.parse("_system/" + path)))
        .isEqualTo(FunctionKind.QUERY);
    assertThat(call(path, "{\"paginationOpts\":{\"cursor\":null,\"numItems\":10000.0}}"))
        .isEqualTo(
            Json.parseStored(
                "{\"continueCursor\":\"end\",\"isDone\":true,\"page\":[{\"name\":\"notes\"}]}"));
  }

  @Test
  void pagesOfATableFollowEachOtherAcrossSessions() {
    notes(7);
    String opts =
        "{\"table\":\"notes\",\"order\":\"asc\",\"paginationOpts\":{\"cursor\":%s,"
            + "\"numItems\":4.0}}";
    JsonNode first = call("cli/tableData", opts.formatted("null"));
    assertThat(first.path("page")).hasSize(4);
    assertThat(first.path("isDone").asBoolean()).isFalse();
    JsonNode second =
        call("cli/tableData", opts.formatted(Json.write(first.get("continueCursor"))));
    assertThat(second.path("page")).hasSize(3);
    assertThat(second.path("isDone").asBoolean()).isTrue();
    assertThat(second.at("/page/2/n").asDouble()).isEqualTo(6);
    JsonNode newest =
        call(
            "cli/tableData",
            "{\"table\":\"notes\",\"order\":\"desc\",\"paginationOpts\":{\"cursor\":null,"
                + "\"numItems\":1.0}}");
    assertThat(newest.at("/page/0/n").asDouble()).isEqualTo(6);
  }

  @Test
  void aJournalKeepsTheEndOfAPage() {
    notes(3);
    String args =
        "{\"table\":\"notes\",\"order\":\"asc\",\"paginationOpts\":{\"cursor\":null,"
            + "\"numItems\":2.0}}";
    SystemFunctions.Answer first = answer("cli/tableData", args, ADMIN, null);
    String oneMore = args.replace("2.0", "1.0");
    SystemFunctions.Answer again = answer("cli/tableData", oneMore, ADMIN, first.journal());
    assertThat(again.value()).isEqualTo(first.value());
  }

  @Test
  void privateTablesAreAsGoodAsNone() {
    app.environment.update(List.of(new EnvironmentChange("SECRET", "s")));
    assertThat(
            call(
                    "cli/tableData",
                    "{\"table\":\"_environment_variables\",\"order\":\"asc\","
                        + "\"paginationOpts\":{\"cursor\":null,\"numItems\":10.0}}")
                .path("page"))
        .isEmpty();
    assertThat(call("cli/tableSize", "{\"tableName\":\"_environment_variables\"}").asInt())
        .isZero();
    String id = call("cli/queryEnvironmentVariables", "{}").at("/0/_id").asString();
    assertThat(call("frontend/getById", "{\"id\":\"" + id + "\"}").isNull()).isTrue();
    assertThat(
            call(
                    "frontend/listById",
                    "{\"ids\":[{\"id\":\""
                        + id
                        + "\",\"tableName\":\"_environment_variables\"},"
                        + "{\"id\":\"nonsense\",\"tableName\":\"notes\"}]}")
                .toString())
        .isEqualTo("[null,null]");
  }

  @Test
  void aTablesWatchChangesWithEveryChangeOfIt() {
    notes(1);
    String args = "{\"tableName\":\"notes\"}";
    Transaction transaction = app.database.begin(TransactionOptions.SYSTEM);
    Value before =
        app.systemFunctions
            .call(
                transaction,
                ADMIN,
                FunctionPath.parse("_system/cli/queryTable:default"),
                ValueJson.parseObject(args),
                null)
            .value();
    long at = transaction.beginTimestamp();
    app.environment.update(List.of(new EnvironmentChange("OTHER", "1")));
    long unrelated = app.database.latestTimestamp();
    assertThat(app.database.refresh(transaction.readSet(), at, unrelated)).isTrue();
    notes(1);
    long after = app.database.latestTimestamp();
    assertThat(app.database.refresh(transaction.readSet(), at, after)).isFalse();
    assertThat(answer("cli/queryTable", args, ADMIN, null).value()).isNotEqualTo(before);
    assertThat(call("cli/tableSize", args).asInt()).isEqualTo(2);
  }

  @Test
  void environmentVariablesAreListedByName() {
    app.environment.update(
        List.of(new EnvironmentChange("B", "2"), new EnvironmentChange("A", "1")));
    JsonNode rows = call("cli/queryEnvironmentVariables", "{}");
    assertThat(rows.findValuesAsString("name")).containsExactly("A", "B");
    assertThat(rows.at("/0/_creationTime").isNumber()).isTrue();
    assertThat(call("frontend/listEnvironmentVariables", "{}")).isEqualTo(rows);
    assertThat(call("cli/queryEnvironmentVariables:get", "{\"name\":\"A\"}").toString())
        .isEqualTo("{\"name\":\"A\",\"value\":\"1\"}");
    assertThat(call("cli/queryEnvironmentVariables:get", "{\"name\":\"C\"}").isNull()).isTrue();
    assertThat(
            call("cli/queryEnvironmentVariables:get", "{\"name\":\"CONVEX_CLOUD_URL\"}")
                .path("value")
                .asString())
        .isEqualTo(PushFixture.CLOUD_URL);
    assertThat(call("cli/convexUrl:cloudUrl", "{}").asString()).isEqualTo(PushFixture.CLOUD_URL);
  }

  @Test
  void theAppsFunctionsAreListed() {
    assertThat(call("frontend/getVersion", "{}").isNull()).isTrue();
    app.deploy(app.body(SCHEMA, Map.of("a.js", "query f\nmutation g", "_deps/X.js", "x")));
    assertThat(call("frontend/getVersion", "{}").asString()).isEqualTo("1.48.0");
    assertThat(call("cli/modules:apiSpec", "{}").path(0))
        .isEqualTo(
            Json.parseStored(
                "{\"args\":{\"type\":\"any\"},\"functionType\":\"Query\",\"identifier\":\"a.js:f\","
                    + "\"returns\":{\"type\":\"any\"},\"visibility\":{\"kind\":\"public\"}}"));
    JsonNode all = call("frontend/modules:listForAllComponents", "{}");
    assertThat(all.at("/0/0").isNull()).isTrue();
    assertThat(all.at("/0/1")).hasSize(1);
    assertThat(all.at("/0/1/0/0").asString()).isEqualTo("a.js");
    assertThat(all.at("/0/1/0/1/functions/1/udfType").asString()).isEqualTo("Mutation");
    assertThat(all.at("/0/1/0/1/sourcePackageId").asString()).isNotEmpty();
    assertThat(call("frontend/modules:argsValidator", "{\"function\":\"a:f\"}").asString())
        .isEqualTo("{\"type\":\"any\"}");
    assertThat(call("frontend/modules:argsValidator", "{\"function\":\"a:x\"}").isNull()).isTrue();
    JsonNode root = call("frontend/components:list", "{}").path(0);
    assertThat(root.path("path").asString()).isEmpty();
    assertThat(call("frontend/modules:list", "{\"componentId\":" + root.get("id") + "}"))
        .isEqualTo(all.at("/0/1"));
    assertThat(
            PushFixture.codeOf(() -> call("frontend/modules:list", "{\"componentId\":\"other\"}")))
        .isEqualTo("400 NotYetAvailable");
  }

  @Test
  void tablesIndexesAndSchemasAreShown() {
    app.deploy(app.body(SCHEMA, Map.of()));
    notes(2);
    JsonNode schemas = call("frontend/getSchemas", "{}");
    assertThat(schemas.has("inProgress")).isFalse();
    assertThat(Json.parseStored(schemas.path("active").asString()).at("/tables/0/tableName"))
        .hasToString("\"notes\"");
    JsonNode mapping = call("frontend/getTableMapping", "{}");
    assertThat(mapping.path("10001").asString()).isEqualTo("notes");
    assertThat(
            call("frontend/indexes", "{\"tableName\":\"notes\",\"tableNamespace\":null}")
                .toString())
        .isEqualTo(
            "[{\"backfill\":{\"state\":\"done\"},\"fields\":[\"n\",\"_creationTime\"],"
                + "\"name\":\"by_n\",\"staged\":false}]");
    assertThat(call("frontend/indexes", "{\"tableNamespace\":null}").isNull()).isTrue();
    assertThat(call("frontend/tableSize:sizeOfAllTables", "{}").asInt()).isEqualTo(2);
    assertThat(call("frontend/deploymentEvents:lastPushEvent", "{}").path("action").asString())
        .isEqualTo("push_config_with_components");
  }

  @Test
  void aPendingSchemaIsInProgress() {
    app.push.startPush(app.body(SCHEMA, Map.of()));
    assertThat(call("frontend/getSchemas", "{}").has("inProgress")).isTrue();
    assertThat(call("frontend/getSchemas", "{}").has("active")).isFalse();
    assertThat(call("frontend/getSchemas:schemaValidationProgress", "{}").isNull())
        .as("there is nothing to walk over")
        .isTrue();
  }

  @Test
  void theDeploymentRuns() {
    assertThat(call("frontend/backendState:backendState", "{}").toString())
        .isEqualTo("{\"system\":\"none\",\"usage_limit\":\"none\",\"user\":\"none\"}");
    assertThat(call("frontend/deploymentState:deploymentState", "{}").toString())
        .isEqualTo("{\"state\":\"running\"}");
  }

  @Test
  void onlyAdministratorsWithTheRightMayCall() {
    assertThat(PushFixture.codeOf(() -> answer("cli/tables", "{}", Identity.anonymous(), null)))
        .isEqualTo("403 BadDeployKey");
    Identity blind = new Identity.Admin("happy-otter-1", java.util.Set.of(), true);
    assertThat(PushFixture.codeOf(() -> answer("cli/tables", "{}", blind, null)))
        .isEqualTo("403 OperationNotPermitted");
    assertThat(PushFixture.codeOf(() -> answer("frontend/getVersion", "{}", blind, null)))
        .isEqualTo("no error");
  }

  @Test
  void whatIsNotBuiltSaysSo() {
    assertThat(app.systemFunctions.kind(FunctionPath.parse("_system/frontend/addDocument")))
        .isEqualTo(FunctionKind.MUTATION);
    assertThat(PushFixture.codeOf(() -> call("frontend/addDocument", "{}")))
        .isEqualTo("400 NotYetAvailable");
    assertThat(app.systemFunctions.kind(FunctionPath.parse("_system/nothing"))).isNull();
  }

  @Test
  void wrongArgumentsAreToldByName() {
    assertThat(PushFixture.codeOf(() -> call("cli/tableSize", "{\"tableName\":1.0}")))
        .isEqualTo("400 InvalidArguments");
    assertThat(
            PushFixture.codeOf(
                () -> call("cli/tableData", "{\"table\":\"notes\",\"paginationOpts\":{}}")))
        .isEqualTo("400 InvalidArguments");
  }
}
