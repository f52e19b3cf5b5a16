package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.ModuleCompiler;
import dev.freshet.functions.RunnerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Pushes what {@code npx convex@1.48.0 dev} sent for a small app, with real Node.js processes. */
class RealAppTest {
  private static FunctionRunner runner;
  private static ModuleCompiler compiler;

  @TempDir private Path directory;
  private PushFixture app;

  @BeforeAll
  static void startProcesses() {
    runner = FunctionRunner.start(RunnerConfig.defaults());
    compiler = ModuleCompiler.create(RunnerConfig.defaults());
  }

  @AfterAll
  static void endProcesses() {
    compiler.close();
    runner.close();
  }

  @BeforeEach
  void open() {
    app = new PushFixture(directory, runner, compiler);
  }

  @AfterEach
  void close() {
    app.close();
  }

  private ObjectNode recorded() {
    try (InputStream file =
        Objects.requireNonNull(RealAppTest.class.getResourceAsStream("start_push.json.gz"))) {
      String text = new String(new GZIPInputStream(file).readAllBytes(), UTF_8);
      return ((ObjectNode) Json.parseStored(text)).put("adminKey", app.adminKey);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode module(ObjectNode body, String path) {
    for (JsonNode module : body.at("/appDefinition/changedModules")) {
      if (module.path("path").asString().equals(path)) {
        return (ObjectNode) module;
      }
    }
    throw new AssertionError("no module " + path);
  }

  @Test
  void theAppIsDeployedAsItWasWritten() {
    ObjectNode started = app.push.startPush(recorded());
    JsonNode functions = started.path("analysis").path("").path("functions");
    JsonNode messages = functions.path("messages.js").path("functions");
    assertThat(messages.findValuesAsString("name")).contains("list", "send", "clear");
    for (JsonNode function : messages) {
      if (function.path("name").asString().equals("clear")) {
        assertThat(function.at("/visibility/kind").asString()).isEqualTo("internal");
      }
      if (function.path("name").asString().equals("send")) {
        assertThat(function.path("udfType").asString()).isEqualTo("Mutation");
        assertThat(function.path("args").asString())
            .contains("\"author\"")
            .contains("\"fieldType\"");
        assertThat(function.at("/pos/path").asString()).endsWith("messages.ts");
      }
    }
    assertThat(functions.has("auth.config.js")).isTrue();
    assertThat(functions.has("_deps/MQMW7UNQ.js")).isFalse();
    assertThat(started.at("/appAuth/0"))
        .isEqualTo(
            Json.parseStored(
                "{\"applicationID\":\"app\",\"domain\":\"https://issuer.example.com\"}"));
    assertThat(started.path("analysis").path("").at("/schema/tables/0/tableName").asString())
        .isEqualTo("messages");

    assertThat(app.awaitSchema(started).path("type").asString()).isEqualTo("complete");
    app.push.finishPush(app.finishing(started));
    DeployedModule module = app.module("messages.js");
    assertThat(module.modules().modules().keySet())
        .containsExactly("_deps/MQMW7UNQ.js", "_deps/YWT2IEFT.js", "messages.js");
    assertThat(module.function("list")).isNotNull();
  }

  @Test
  void whatAModuleThrowsIsToldWithItsPlace() {
    ObjectNode body = recorded();
    ObjectNode users = module(body, "users.js");
    users.put("source", users.path("source").asString() + "\nthrow new Error(\"not today\");\n");
    assertThatThrownBy(() -> app.push.startPush(body))
        .hasMessageStartingWith(
            "Hit an error while pushing:\nLoading the pushed modules encountered the"
                + " following error:\nFailed to analyze users.js: Uncaught Error: not today")
        .hasMessageContaining("users.js")
        .hasMessageContaining("not today");
  }

  @Test
  void whatTheSchemaThrowsIsToldAsItsError() {
    ObjectNode body = recorded();
    ObjectNode schema = (ObjectNode) body.at("/appDefinition/schema");
    schema.put("source", "throw new Error(\"no schema\");\n");
    assertThatThrownBy(() -> app.push.startPush(body))
        .hasMessageStartingWith(
            "Hit an error while pushing:\nHit an error while evaluating your schema:\n")
        .hasMessageContaining("no schema");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(body))).isEqualTo("400 InvalidSchema");
  }

  @Test
  void anAuthConfigNamesTheVariableItMisses() {
    ObjectNode body = recorded();
    module(body, "auth.config.js")
        .put(
            "source",
            "export default {providers:[{domain:process.env.ISSUER,applicationID:\"app\"}]};");
    assertThatThrownBy(() -> app.push.startPush(body))
        .hasMessageContaining("Environment variable ISSUER is used in auth config file but");
    assertThat(PushFixture.codeOf(() -> app.push.startPush(body)))
        .isEqualTo("400 AuthConfigMissingEnvironmentVariable");
  }
}
