package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.LogLine;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What the log streams tell of actions. */
class ActionLogTest {
  @TempDir Path directory;

  private final ScriptedActionRunner runner = new ScriptedActionRunner();
  private DeployedTestApp app;

  @BeforeEach
  void deploy() {
    app = DeployedTestApp.deploy(directory, "actions", Limits.defaults(), runner);
  }

  @AfterEach
  void close() {
    app.close();
  }

  private static LogLine line(String text) {
    return new LogLine(LogLine.Level.LOG, List.of(text), false, 1, null);
  }

  private static List<JsonNode> parsed(FunctionLog.Page page) {
    return page.entries().stream().map(Json::parseStored).toList();
  }

  private List<JsonNode> entries(SessionRequestId session) throws Exception {
    return parsed(
        app.application.functionLog().stream(
            0, session, FunctionLog.LineFormat.TEXT, Duration.ZERO));
  }

  @Test
  void linesComeWhileAnActionRunsAndItsCompletionHasThemOnlyForWhoSawNone() throws Exception {
    SessionRequestId session = new SessionRequestId(UUID.randomUUID(), 3);
    List<JsonNode> during = new ArrayList<>();
    runner.on(
        "scripted",
        (_, host) -> {
          host.log(line("first"));
          host.log(line("second"));
          during.addAll(
              parsed(
                  app.application.functionLog().stream(
                      0, session, FunctionLog.LineFormat.TEXT, Duration.ofMinutes(1))));
          host.request("1.0/actions/query", "{\"name\":\"data:list\",\"args\":{\"room\":\"r\"}}");
          host.log(line("third"));
          return "7";
        });
    CallOutcome outcome =
        app.application
            .functions()
            .action(DeployedTestApp.request(Identity.anonymous(), "acts:scripted", "{}", session));
    assertThat(value(outcome)).isEqualTo("7.0");
    assertThat(outcome.logLines()).containsExactly("[LOG] first", "[LOG] second", "[LOG] third");
    assertThat(during).hasSize(1);
    assertThat(during.getFirst().get("kind").asString()).isEqualTo("Progress");
    assertThat(during.getFirst().get("logLines").toString())
        .isEqualTo("[\"[LOG] first\",\"[LOG] second\"]");

    List<JsonNode> told = entries(session);
    assertThat(told)
        .extracting(e -> e.get("kind").asString())
        .containsExactly("Progress", "Progress", "Completion");
    JsonNode completion = told.getLast();
    assertThat(completion.get("logLines")).isEmpty();
    assertThat(completion.get("udfType").asString()).isEqualTo("Action");
    assertThat(completion.get("identifier").asString()).isEqualTo("acts:scripted");
    assertThat(completion.get("environment").asString()).isEqualTo("isolate");
    assertThat(completion.get("executionId")).isEqualTo(told.getFirst().get("executionId"));

    List<JsonNode> whole = parsed(app.application.functionLog().streamExecutions(0, Duration.ZERO));
    assertThat(whole)
        .extracting(e -> e.get("kind").asString())
        .containsExactly("Completion", "Completion");
    JsonNode query = whole.getFirst();
    assertThat(query.get("caller").asString()).isEqualTo("Action");
    assertThat(query.get("parentExecutionId")).isEqualTo(completion.get("executionId"));
    assertThat(whole.getLast().get("logLines")).hasSize(3);
  }

  @Test
  void failuresAreToldWithTheirTextAndTheSystemsWithoutTheirs() throws Exception {
    runner.on(
        "fails",
        (_, _) -> {
          throw new ScriptedActionRunner.Struck();
        });
    app.action("acts:fails", "{}");
    app.action("acts:nothing", "{}");
    app.application
        .functions()
        .action(
            new MutationRequest(
                FunctionPath.parse("acts:run"),
                "{\"room\":1}".getBytes(UTF_8),
                Identity.anonymous(),
                null,
                RequestContext.of("r2", Caller.SYNC_WORKER)));
    List<JsonNode> whole = parsed(app.application.functionLog().streamExecutions(0, Duration.ZERO));
    assertThat(whole)
        .extracting(e -> e.get("error").asString().lines().findFirst().orElseThrow())
        .containsExactly(
            ActionService.UNAVAILABLE,
            "Could not find public function for 'acts:nothing'.",
            "ArgumentValidationError: Value does not match validator.");
  }
}
