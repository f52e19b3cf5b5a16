package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.database.Document;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.RangeBound;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Transaction;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class PushServiceTest {
  private static final String SCHEMA =
      """
      {"tables":[{"tableName":"messages","indexes":[{"indexDescriptor":"by_author",
      "fields":["author"]}],"documentType":{"type":"object","value":{"author":
      {"fieldType":{"type":"string"},"optional":false}}}}],"schemaValidation":true}
      """;
  private static final String AUTH =
      "{\"providers\":[{\"domain\":\"issuer.example\",\"applicationID\":\"${APP}\"}]}";

  @TempDir private Path directory;
  private final ScriptedRunner runner = new ScriptedRunner();
  private PushFixture app;

  @BeforeEach
  void open() {
    app = new PushFixture(directory, runner, runner);
  }

  @AfterEach
  void close() {
    app.close();
  }

  @Test
  void aPushMakesFunctionsSchemaAndIndexesLive() {
    ObjectNode started =
        app.push.startPush(app.body(SCHEMA, Map.of("messages.js", "query list\nmutation send")));
    assertThat(app.deployedPaths()).isEmpty();
    assertThat(app.awaitSchema(started).path("type").asString()).isEqualTo("complete");
    JsonNode diff = app.push.finishPush(app.finishing(started));

    assertThat(app.deployedPaths()).containsExactly("messages.js");
    DeployedModule module = app.module("messages.js");
    DeployedFunction send = Objects.requireNonNull(module.function("send"));
    assertThat(send.kind()).isEqualTo(FunctionKind.MUTATION);
    assertThat(module.function("other")).isNull();
    assertThat(byAuthor()).isEmpty();
    JsonNode root = diff.path("componentDiffs").path("");
    assertThat(root.path("diffType").path("type").asString()).isEqualTo("create");
    assertThat(root.path("moduleDiff").path("added").path(0).asString()).isEqualTo("messages.js");
    assertThat(root.path("schemaDiff").path("next_schema").asString()).contains("by_author");
    assertThat(started.at("/schemaChange/indexDiffs").path("").path("added_indexes").path(0))
        .isEqualTo(
            Json.parseStored(
                "{\"name\":\"messages.by_author\",\"type\":\"database\","
                    + "\"fields\":[\"author\",\"_creationTime\"],\"staged\":false}"));
  }

  private List<Document> byAuthor() {
    return app.read(
        t -> {
          Document document =
              t.query(
                      QuerySpec.indexRange(
                          "messages",
                          "by_author",
                          Order.ASC,
                          List.of(RangeBound.eq("author", Value.of("a")))))
                  .next();
          return document == null ? List.of() : List.of(document);
        });
  }

  @Test
  void theAnswerHoldsWhatTheClientReads() {
    ObjectNode started = app.push.startPush(app.body(SCHEMA, Map.of("a.js", "query f")));
    for (String field :
        List.of(
            "environmentVariables",
            "externalDepsId",
            "componentDefinitionPackages",
            "appAuth",
            "analysis",
            "app",
            "schemaChange")) {
      assertThat(started.has(field)).as(field).isTrue();
    }
    JsonNode analysis = started.path("analysis").path("");
    assertThat(analysis.at("/definition/exports/type").asString()).isEqualTo("branch");
    assertThat(analysis.at("/schema/schemaValidation").isBoolean()).isTrue();
    assertThat(analysis.at("/schema/tables/0/indexes/0/fields/1").asString())
        .isEqualTo("_creationTime");
    assertThat(analysis.path("functions").path("a.js").at("/functions/0/name").asString())
        .isEqualTo("f");
    assertThat(analysis.at("/udfConfig/importPhaseUnixTimestamp").has("$integer")).isTrue();
    assertThat(analysis.at("/udfConfig/importPhaseRngSeed").has("$bytes")).isTrue();
    assertThat(started.at("/app/httpRoutes").has("httpModuleRoutes")).isTrue();
  }

  @Test
  void unchangedModulesAreNotSentCompiledOrAnalyzedAgain() {
    app.deploy(app.body(null, Map.of("a.js", "query f", "b.js", "query g")));
    JsonNode hashes = app.push.configHashes(key());
    assertThat(hashes.path("udfServerVersion").asString()).isEqualTo("1.48.0");
    assertThat(hashes.at("/config/functions").asString()).isEqualTo("convex/");
    runner.evaluated.clear();
    runner.compiled.clear();

    ObjectNode body = app.body(null, Map.of("b.js", "query h"));
    unchanged(body, hashes, "a.js");
    app.deploy(body);

    assertThat(runner.compiled).containsExactly("b.js");
    assertThat(runner.evaluated).containsExactly("b.js");
    assertThat(app.deployedPaths()).containsExactly("a.js", "b.js");
    DeployedModule a = app.module("a.js");
    assertThat(a.function("f")).isNotNull();
    assertThat(PushFixture.script(a, "a.js")).isEqualTo("query f");
  }

  private ObjectNode key() {
    return Json.object().put("adminKey", app.adminKey);
  }

  private static void unchanged(ObjectNode body, JsonNode hashes, String path) {
    for (JsonNode module : hashes.path("moduleHashes")) {
      if (module.path("path").asString().equals(path)) {
        body.withArray("/appDefinition/unchangedModuleHashes")
            .addObject()
            .put("path", path)
            .put("environment", module.path("environment").asString())
            .put("sha256", module.path("hash").asString());
      }
    }
  }

  @Test
  void wrongNotionsOfWhatIsDeployedMakeTheClientStartOver() {
    app.deploy(app.body(null, Map.of("a.js", "query f")));
    ObjectNode missing = app.body(null, Map.of());
    missing
        .withArray("/appDefinition/unchangedModuleHashes")
        .addObject()
        .put("path", "gone.js")
        .put("environment", "isolate")
        .put("sha256", "00");
    ObjectNode changed = app.body(null, Map.of());
    changed
        .withArray("/appDefinition/unchangedModuleHashes")
        .addObject()
        .put("path", "a.js")
        .put("environment", "isolate")
        .put("sha256", "00");
    ObjectNode moved = app.body(null, Map.of());
    unchanged(moved, app.push.configHashes(key()), "a.js");
    ((ObjectNode) moved.at("/appDefinition/unchangedModuleHashes/0")).put("environment", "node");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(missing)))
        .isEqualTo("409 MissingExistingModule");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(changed)))
        .isEqualTo("409 ExistingModuleHashConflict");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(moved)))
        .isEqualTo("409 ExistingModuleEnvConflict");
  }

  @Test
  void aPushDisturbsOnlyWhoDependsOnWhatItChanged() {
    app.deploy(
        app.body(
            null,
            Map.of(
                "a.js", "query f\nimport \"./_deps/X.js\"",
                "b.js", "query g",
                "_deps/X.js", "one")));
    ReadSet ofA = dependencies("a.js");
    ReadSet ofB = dependencies("b.js");
    long before = app.database.latestTimestamp();
    app.deploy(
        app.body(
            null,
            Map.of(
                "a.js", "query f\nimport \"./_deps/X.js\"",
                "b.js", "query g",
                "_deps/X.js", "two")));
    long after = app.database.latestTimestamp();
    assertThat(app.database.refresh(ofA, before, after)).isFalse();
    assertThat(app.database.refresh(ofB, before, after)).isTrue();
    DeployedModule a = app.module("a.js");
    assertThat(a.modules().modules().keySet()).containsExactly("_deps/X.js", "a.js");
    assertThat(PushFixture.script(a, "_deps/X.js")).isEqualTo("two");
  }

  private ReadSet dependencies(String path) {
    return app.read(
        t -> {
          app.catalog.config(t);
          app.catalog.module(t, path);
          return t.readSet();
        });
  }

  @Test
  void removedModulesDisappear() {
    app.deploy(app.body(null, Map.of("a.js", "query f", "b.js", "query g")));
    JsonNode diff = app.deploy(app.body(null, Map.of("a.js", "query f")));
    assertThat(app.deployedPaths()).containsExactly("a.js");
    assertThat(diff.at("/componentDiffs").path("").at("/moduleDiff/removed/0").asString())
        .isEqualTo("b.js");
    assertThat(app.<@Nullable Object>read(t -> app.catalog.module(t, "b.js"))).isNull();
  }

  @Test
  void seedAndTimeOfTheImportPhaseStayWithTheVersion() {
    app.deploy(app.body(null, Map.of("a.js", "query f")));
    UdfConfig first = app.config();
    app.deploy(app.body(null, Map.of("a.js", "query g")));
    UdfConfig second = app.config();
    assertThat(second.importPhaseSeed()).isEqualTo(first.importPhaseSeed());
    assertThat(second.importPhaseNanos()).isEqualTo(first.importPhaseNanos());
    ObjectNode body = app.body(null, Map.of("a.js", "query g"));
    ((ObjectNode) body.get("appDefinition")).put("udfServerVersion", "1.49.0");
    JsonNode diff = app.deploy(body);
    UdfConfig third = app.config();
    assertThat(third.importPhaseSeed()).isNotEqualTo(first.importPhaseSeed());
    assertThat(diff.at("/componentDiffs").path("").path("udfConfigDiff"))
        .isEqualTo(
            Json.parseStored("{\"previous_version\":\"1.48.0\",\"next_version\":\"1.49.0\"}"));
  }

  @Test
  void aModuleThatThrowsFailsThePushAndChangesNothing() {
    app.deploy(app.body(null, Map.of("a.js", "query f")));
    assertThatThrownBy(
            () ->
                app.push.startPush(
                    app.body(SCHEMA, Map.of("a.js", "throw Uncaught Error: no\n  at a"))))
        .hasMessageStartingWith("Hit an error while pushing:\nUncaught Error: no");
    assertThat(app.module("a.js").function("f")).isNotNull();
    assertThat(app.<@Nullable Object>read(t -> t.table("messages"))).isNull();
  }

  @Test
  void errorsOfTheSchemaSayThatTheyAreTheSchemas() {
    assertThatThrownBy(() -> app.push.startPush(app.body("throw Uncaught Error: boom", Map.of())))
        .hasMessageStartingWith(
            "Hit an error while pushing:\nHit an error while evaluating your schema:\nUncaught");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(app.body("throw x", Map.of()))))
        .isEqualTo("400 InvalidSchema");
    String reserved = SCHEMA.replace("[\"author\"]", "[\"_creationTime\"]");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(app.body(reserved, Map.of()))))
        .isEqualTo("400 IndexFieldsContainCreationTime");
  }

  @Test
  void documentsThatViolateTheSchemaFailThePushUntilTheyAreGone() {
    app.write(t -> t.insert("messages", ObjectValue.of(Map.of("author", Value.of(1.0)))));
    ObjectNode started = app.push.startPush(app.body(SCHEMA, Map.of()));
    JsonNode outcome = app.awaitSchema(started);
    assertThat(outcome.path("type").asString()).isEqualTo("failed");
    assertThat(outcome.path("tableName").asString()).isEqualTo("messages");
    assertThat(outcome.path("componentPath").asString()).isEmpty();
    assertThat(outcome.path("error").asString())
        .startsWith("Document with ID \"")
        .contains("\" in table \"messages\" does not match the schema: ");
    assertThat(PushFixture.codeOf(() -> app.push.finishPush(app.finishing(started))))
        .isEqualTo("400 SchemaAlreadyFailed");

    app.write(
        t ->
            t.delete(
                Objects.requireNonNull(t.query(QuerySpec.fullScan("messages", Order.ASC)).next())
                    .id()));
    ObjectNode again = app.push.startPush(app.body(SCHEMA, Map.of()));
    assertThat(app.awaitSchema(again).path("type").asString()).isEqualTo("complete");
    app.push.finishPush(app.finishing(again));
  }

  @Test
  void indexesOfTablesWithDataAreFilledBeforeThePushEnds() {
    for (int i = 0; i < 50; i++) {
      app.write(t -> t.insert("messages", ObjectValue.of(Map.of("author", Value.of("a")))));
    }
    app.deploy(app.body(SCHEMA, Map.of()));
    assertThat(byAuthor()).hasSize(1);
  }

  @Test
  void anotherPushOverwritesAPendingOne() throws Exception {
    app.write(t -> t.insert("messages", ObjectValue.of(Map.of("author", Value.of("a")))));
    ObjectNode first = app.push.startPush(app.body(SCHEMA, Map.of()));
    String other = SCHEMA.replace("\"author\"", "\"writer\"").replace("by_author", "by_writer");
    app.push.startPush(app.body(other.replace("false}}}}", "true}}}}"), Map.of()));
    CompletableFuture<JsonNode> waiting =
        CompletableFuture.supplyAsync(() -> app.awaitSchema(first));
    assertThat(waiting.get(30, TimeUnit.SECONDS).path("type").asString()).isEqualTo("raceDetected");
    assertThat(PushFixture.codeOf(() -> app.push.finishPush(app.finishing(first))))
        .isEqualTo("400 SchemaAlreadyOverwritten");
  }

  @Test
  void aDryRunChangesNothing() {
    app.write(t -> t.insert("messages", ObjectValue.of(Map.of("author", Value.of(1.0)))));
    long before = app.database.latestTimestamp();
    ObjectNode body = app.body(SCHEMA, Map.of("a.js", "query f")).put("dryRun", true);
    ObjectNode started = app.push.startPush(body);
    JsonNode outcome = app.push.waitForSchema(app.waiting(started).put("dryRun", true));
    assertThat(outcome.path("type").asString()).isEqualTo("failed");
    JsonNode diff = app.push.finishPush(app.finishing(started).put("dryRun", true));
    assertThat(diff.path("componentDiffs").isEmpty()).isTrue();
    assertThat(diff.at("/authDiff/added").isArray()).isTrue();
    app.push.evaluatePush(body);
    app.push.evaluateSchema(body);
    assertThat(app.database.latestTimestamp()).isEqualTo(before);
    assertThat(app.deployedPaths()).isEmpty();
  }

  @Test
  void aForecastTellsWhatAPushWouldCost() {
    app.write(t -> t.insert("messages", ObjectValue.of(Map.of("author", Value.of("a")))));
    JsonNode root =
        app.push
            .evaluateSchema(app.body(SCHEMA, Map.of()))
            .path("componentSchemaEvaluations")
            .path("");
    assertThat(root.at("/tables/0/outcome").asString()).isEqualTo("mustWalk");
    assertThat(root.at("/tables/0/numDocs").asInt()).isEqualTo(1);
    assertThat(root.at("/indexes/0/change").asString()).isEqualTo("added");
    assertThat(root.at("/indexes/0/needsBackfill").asBoolean()).isTrue();
    app.deploy(app.body(SCHEMA, Map.of()));
    root =
        app.push
            .evaluateSchema(app.body(SCHEMA, Map.of()))
            .path("componentSchemaEvaluations")
            .path("");
    assertThat(root.at("/tables/0/outcome").asString()).isEqualTo("supersetOfEnforced");
    assertThat(root.at("/indexes/0/change").asString()).isEqualTo("identical");
    root =
        app.push
            .evaluateSchema(app.body(null, Map.of()))
            .path("componentSchemaEvaluations")
            .path("");
    assertThat(root.at("/indexes/0/change").asString()).isEqualTo("dropped");
  }

  @Test
  void changedEnvironmentVariablesAreARace() {
    ObjectNode started = app.push.startPush(app.body(null, Map.of("a.js", "query f")));
    app.environment.update(List.of(new EnvironmentChange("A", "1")));
    assertThat(PushFixture.codeOf(() -> app.push.finishPush(app.finishing(started))))
        .isEqualTo("400 RaceDetected");
    assertThat(app.deployedPaths()).isEmpty();
  }

  @Test
  void authProvidersAreStoredAndFollowTheEnvironment() {
    ObjectNode body = app.body(null, Map.of("auth.config.js", AUTH));
    assertThatThrownBy(() -> app.push.startPush(body))
        .hasMessageContaining("Environment variable APP is used in auth config file but");
    app.environment.update(List.of(new EnvironmentChange("APP", "one")));
    JsonNode diff = app.deploy(body);
    String one = "{\"applicationID\":\"one\",\"domain\":\"https://issuer.example\"}";
    assertThat(diff.at("/authDiff/added/0").asString()).isEqualTo(one);

    app.environment.update(List.of(new EnvironmentChange("APP", "two")));
    assertThat(app.read(DeploymentTables.AUTH::all))
        .extracting(row -> row.record())
        .containsExactly(new AuthConfig.Provider.Oidc("https://issuer.example", "two"));
    assertThat(
            PushFixture.codeOf(
                () -> app.environment.update(List.of(new EnvironmentChange("APP", null)))))
        .isEqualTo("400 AuthConfigMissingEnvironmentVariable");
    assertThat(app.<@Nullable Object>read(t -> app.environment.get(t, "APP"))).isEqualTo("two");
  }

  @Test
  void declaredVariablesAreRequired() {
    ObjectNode body = app.body(null, Map.of());
    String definition =
        "{\"definitionType\":{\"type\":\"app\"},\"childComponents\":[],\"envVars\":[[\"NEEDED\","
            + "{\"type\":\"value\",\"value\":\"{\\\"type\\\":\\\"literal\\\",\\\"value\\\":"
            + "\\\"yes\\\"}\"}]]}";
    ((ObjectNode) body.get("appDefinition"))
        .set("definition", PushFixture.module("convex.config.js", definition));
    ObjectNode started = app.push.startPush(body);
    assertThatThrownBy(() -> app.push.finishPush(app.finishing(started)))
        .hasMessageContaining("are not set: NEEDED. Set them");
    app.environment.update(List.of(new EnvironmentChange("NEEDED", "no")));
    assertThat(PushFixture.codeOf(() -> app.deploy(body)))
        .isEqualTo("400 InvalidEnvironmentVariable");
    app.environment.update(List.of(new EnvironmentChange("NEEDED", "yes")));
    app.deploy(body);
    assertThat(
            PushFixture.codeOf(
                () -> app.environment.update(List.of(new EnvironmentChange("NEEDED", null)))))
        .isEqualTo("400 RequiredEnvironmentVariable");
    assertThat(
            PushFixture.codeOf(
                () -> app.environment.update(List.of(new EnvironmentChange("NEEDED", "maybe")))))
        .isEqualTo("400 InvalidEnvironmentVariable");
  }

  @Test
  void whatIsNotBuiltIsRefusedByName() {
    ObjectNode components = app.body(null, Map.of());
    components.withArray("/appDefinition/dependencies").add("../node_modules/@convex-dev/x");
    assertThatThrownBy(() -> app.push.startPush(components))
        .hasMessageContaining("../node_modules/@convex-dev/x")
        .hasMessageContaining("components are not available yet");
    String search =
        SCHEMA.replace(
            "\"documentType\"",
            "\"searchIndexes\":[{\"indexDescriptor\":\"s\",\"searchField\":\"author\","
                + "\"filterFields\":[]}],\"documentType\"");
    assertThatThrownBy(() -> app.push.startPush(app.body(search, Map.of())))
        .hasMessageContaining("not available yet");
  }

  @Test
  void badBodiesGetTheirCodes() {
    ObjectNode path = app.body(null, Map.of("a b.js", "query f"));
    ObjectNode twice = app.body(null, Map.of("a.js", "query f", "a", "query f"));
    ObjectNode version = app.body(null, Map.of());
    ((ObjectNode) version.get("appDefinition")).put("udfServerVersion", "new");
    ObjectNode node = app.body(null, Map.of()).put("nodeVersion", "18");
    ObjectNode key = app.body(null, Map.of()).put("adminKey", "nope");
    ObjectNode unknown = Json.object().put("adminKey", app.adminKey);
    assertThat(PushFixture.codeOf(() -> app.push.startPush(path)))
        .isEqualTo("400 BadConvexModuleIdentifier");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(twice)))
        .isEqualTo("400 CanonicalizationConflict");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(version)))
        .isEqualTo("400 InvalidConfig");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(node)))
        .isEqualTo("400 NodeVersionNotSupported");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(key))).isEqualTo("403 BadDeployKey");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(unknown)))
        .isEqualTo("400 InvalidConfig");
    assertThat(PushFixture.codeOf(() -> app.push.finishPush(unknown)))
        .isEqualTo("400 MissingSourcePackage");
  }

  @Test
  void aPushLeavesAnEntryInTheAuditLog() {
    app.deploy(app.body(SCHEMA, Map.of("a.js", "query f")));
    assertThat(app.read(DeploymentTables.AUDIT_LOG::all))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.record().action()).isEqualTo("push_config_with_components");
              assertThat(Fields.text(row.record().metadata(), "message")).isEqualTo("a note");
            });
  }

  @Test
  void whatIsDeployedSurvivesARestart() {
    app.deploy(app.body(SCHEMA, Map.of("a.js", "query f", "auth.config.js", "{\"providers\":[]}")));
    app.close();
    app = new PushFixture(directory, runner, runner);
    DeployedModule module = app.module("a.js");
    assertThat(module.function("f")).isNotNull();
    assertThat(PushFixture.script(module, "a.js")).isEqualTo("query f");
    app.environment.update(List.of(new EnvironmentChange("A", "1")));
  }

  @Test
  void pushesAtTheSameTimeLeaveOneOfThemWhole() throws Exception {
    int pushes = 6;
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> outcomes = new ArrayList<>();
      for (int i = 0; i < pushes; i++) {
        String name = "push" + i;
        ObjectNode body =
            app.body(
                SCHEMA.replace("by_author", name),
                Map.of("a.js", "query " + name, "b.js", "query " + name));
        outcomes.add(executor.submit(() -> PushFixture.codeOf(() -> app.deploy(body))));
      }
      for (Future<String> outcome : outcomes) {
        assertThat(outcome.get(60, TimeUnit.SECONDS))
            .isIn(
                "no error",
                "400 RaceDetected",
                "400 ConcurrentPush",
                "400 SchemaAlreadyOverwritten",
                "503 OptimisticConcurrencyControlFailure");
      }
    }
    // Whoever came last: alone, it goes through.
    app.deploy(app.body(null, Map.of("a.js", "query last", "b.js", "query last")));
    assertThat(app.module("a.js").function("last")).isNotNull();
    assertThat(app.module("b.js").function("last")).isNotNull();
  }

  @Test
  void everySnapshotShowsOnePushOnly() throws Exception {
    app.deploy(app.body(null, Map.of("a.js", "query v0", "b.js", "query v0")));
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Integer> reader =
          executor.submit(
              () -> {
                int looks = 0;
                while (!done.get() || looks == 0) {
                  app.read(
                      t -> {
                        for (int version = 0; version < 10; version++) {
                          String name = "v" + version;
                          assertThat(has(t, "a.js", name)).isEqualTo(has(t, "b.js", name));
                        }
                        return t;
                      });
                  looks++;
                }
                return looks;
              });
      for (int version = 1; version < 10; version++) {
        String line = "query v" + version;
        app.deploy(app.body(null, Map.of("a.js", line, "b.js", line)));
      }
      done.set(true);
      assertThat(reader.get(60, TimeUnit.SECONDS)).isPositive();
    }
  }

  private boolean has(Transaction transaction, String path, String function) {
    return Objects.requireNonNull(app.catalog.module(transaction, path)).function(function) != null;
  }
}
