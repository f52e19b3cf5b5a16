package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static dev.freshet.app.DeployedTestApp.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.ActionHost;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What actions call, over real storage and real queries and mutations; the actions are in Java. */
class ActionCallsTest {
  @TempDir static Path directory;

  private static final ScriptedActionRunner RUNNER = new ScriptedActionRunner();

  private static DeployedTestApp app;

  @BeforeAll
  static void deploy() {
    app =
        DeployedTestApp.deploy(
            directory, "actions", Limits.of(Map.of(Limit.MAX_ACTION_CALL_DEPTH, 3L)), RUNNER);
  }

  @AfterAll
  static void close() {
    app.close();
  }

  private static String ask(ActionHost host, String operation, String args) {
    return new String(host.request(operation, args), UTF_8);
  }

  private static String call(ActionHost host, String kind, String name, String args) {
    return ask(
        host,
        "1.0/actions/" + kind,
        "{\"name\":\"" + name + "\",\"args\":" + args + ",\"version\":\"1.48.0\"}");
  }

  /** What the action {@code acts:scripted} returns when it does this. */
  private static CallOutcome run(ScriptedActionRunner.Script script) {
    RUNNER.on("scripted", script);
    return app.action("acts:scripted", "{}");
  }

  /** The error's code and text. */
  private static String refusal(ActionHost host, String operation, String args) {
    try {
      return "answered " + ask(host, operation, args);
    } catch (FreshetException e) {
      return e.code() + ": " + e.text();
    }
  }

  private static String refusalOf(String operation, String args) {
    String[] refusal = new String[1];
    value(
        run(
            (_, host) -> {
              refusal[0] = refusal(host, operation, args);
              return "null";
            }));
    return refusal[0];
  }

  @Test
  void everyCallIsATransactionOfItsOwnAndSeesThoseBefore() {
    CallOutcome outcome =
        run(
            (_, host) -> {
              call(host, "mutation", "data:add", "{\"room\":\"r\",\"text\":\"one\"}");
              assertThat(app.queried("data:list", "{\"room\":\"r\"}")).isEqualTo("[\"one\"]");
              call(host, "mutation", "data:add", "{\"room\":\"r\",\"text\":\"two\"}");
              return call(host, "query", "data:list", "{\"room\":\"r\"}");
            });
    assertThat(value(outcome)).isEqualTo("[\"one\",\"two\"]");
  }

  @Test
  void anActionCatchesWhatItsMutationThrowsWithItsData() {
    value(
        run(
            (_, host) -> {
              try {
                call(host, "mutation", "data:refuse", "{}");
                throw new AssertionError("it went through");
              } catch (FreshetException e) {
                assertThat(e.text()).startsWith("Uncaught ConvexError: ").contains("data.ts:");
                assertThat(String.valueOf(e.data())).contains("refused");
                assertThat(e.errorClass().isDeterministicUserError()).isTrue();
              }
              return "null";
            }));
    assertThat(app.queried("data:list", "{\"room\":\"lost\"}")).isEqualTo("[]");
  }

  @Test
  void anActionCallsInternalFunctionsThatItsCallerCannot() {
    RUNNER.on("hidden", (_, _) -> "\"hidden\"");
    assertThat(value(run((_, host) -> call(host, "action", "acts:hidden", "{}"))))
        .isEqualTo("\"hidden\"");
    assertThat(value(run((_, host) -> call(host, "query", "data:secret", "{}"))))
        .isEqualTo("\"never\"");
    assertThat(error(app.action("acts:hidden", "{}")))
        .contains("Could not find public function for 'acts:hidden'.");
    assertThat(error(app.action("acts:nothing", "{}")))
        .contains("Could not find public function for 'acts:nothing'.");
    assertThat(error(app.action("data:add", "{}")))
        .contains("Trying to execute data.js:add as Action, but it is defined as Mutation.");
  }

  @Test
  void chainsOfActionsEnd() {
    RUNNER.on(
        "nested",
        (_, host) -> {
          try {
            return call(host, "action", "acts:nested", "{\"depth\":1}");
          } catch (FreshetException e) {
            return Json.text(e.code());
          }
        });
    assertThat(value(app.action("acts:nested", "{\"depth\":1}")))
        .isEqualTo("\"MaximumCallDepthExceeded\"");
  }

  @Test
  void argumentsAndResultsAreHeldAgainstTheirValidators() {
    RUNNER.on("wrongReturn", (_, _) -> "1");
    assertThat(error(app.action("acts:wrongReturn", "{}")))
        .contains("ReturnsValidationError: Value does not match validator.");
    assertThat(error(app.action("acts:run", "{\"room\":1}"))).contains("ArgumentValidationError: ");
    assertThat(error(app.action("acts:run", "{\"room\":{\"$commitTs\":null}}")))
        .contains("Invalid arguments for acts.js:run");
    assertThat(error(run((_, _) -> "{not json")))
        .contains("Function acts.js:scripted failed. Could not parse return value as json: ");
  }

  @Test
  void metadataTellsOfTheActionAndItsRequest() {
    String[] answers = new String[4];
    value(
        run(
            (_, host) -> {
              answers[0] = ask(host, "1.0/getFunctionMetadata", "{}");
              answers[1] = ask(host, "1.0/getDeploymentMetadata", "{}");
              answers[2] = ask(host, "1.0/getRequestMetadata", "{}");
              answers[3] = ask(host, "1.0/getUserIdentity", "{}");
              return "null";
            }));
    assertThat(answers)
        .containsExactly(
            "{\"name\":\"acts:scripted\",\"componentPath\":\"\"}",
            "{\"name\":\"test-otter-1\",\"region\":null,\"class\":\"s16\"}",
            "{\"ip\":null,\"userAgent\":null,\"requestId\":\"r1\",\"scheduledFunctionId\":null,"
                + "\"authToken\":null}",
            "null");
  }

  @Test
  void aTokenThatDoesNotCountIsAnErrorOnlyForWhoAsks() {
    FreshetException bad = FreshetException.badRequest("NoAuthProvider", "nobody issued it");
    RUNNER.on("scripted", (_, host) -> Json.text(refusal(host, "1.0/getUserIdentity", "{}")));
    CallOutcome outcome =
        app.application
            .functions()
            .action(
                DeployedTestApp.request(new Identity.Unknown(bad), "acts:scripted", "{}", null));
    assertThat(value(outcome)).isEqualTo("\"NoAuthProvider: nobody issued it\"");
  }

  @Test
  void whatIsNotThereIsRefusedByName() {
    assertThat(refusalOf("1.0/actions/schedule", "{\"name\":\"data:add\",\"ts\":1,\"args\":{}}"))
        .isEqualTo("NotYetAvailable: The scheduler is not available yet in Freshet.");
    assertThat(refusalOf("1.0/actions/schedule", "{\"name\":\"data:add\",\"ts\":1,\"args\":7}"))
        .startsWith("InvalidArgument: Invalid argument `args` for `scheduler`: ");
    assertThat(refusalOf("1.0/storageGetUrl", "{\"storageId\":\"x\"}"))
        .isEqualTo("NotYetAvailable: File storage is not available yet in Freshet.");
    assertThat(refusalOf("1.0/actions/vectorSearch", "{}"))
        .isEqualTo("NotYetAvailable: Vector search is not available yet in Freshet.");
    assertThat(refusalOf("1.0/createServiceToken", "{}")).startsWith("AiGatewayUnavailable: ");
    assertThat(refusalOf("1.0/getServiceUrl", "{}")).startsWith("AiGatewayUnavailable: ");
    assertThat(refusalOf("1.0/auditLog", "{}"))
        .isEqualTo("AuditLogNotSupportedInAction: Audit logging is not yet supported in actions");
    for (String operation :
        new String[] {"1.0/getTransactionMetrics", "1.0/get", "1.0/schedule", "1.0/nonsense"}) {
      assertThat(refusalOf(operation, "{}"))
          .isEqualTo("UnknownAsyncOperation: Unknown async operation " + operation);
    }
    assertThat(refusalOf("1.0/actions/query", "{}"))
        .isEqualTo(
            "InvalidArgument: Invalid arguments for `runQuery`: Missing required argument 'name'");
    assertThat(refusalOf("1.0/actions/query", "{\"reference\":\"_reference/childComponent/x\"}"))
        .startsWith("NotYetAvailable: ");
    assertThat(refusalOf("1.0/actions/query", "{\"reference\":\"nonsense\"}"))
        .isEqualTo("InvalidReference: Invalid reference nonsense");
  }

  @Test
  void anActionThatWasStruckFailsAsTheSystem() {
    assertThat(
            error(
                run(
                    (_, _) -> {
                      throw new ScriptedActionRunner.Struck();
                    })))
        .isEqualTo(
            """
            [Request ID: r1] Server Error
            Your request couldn't be completed. Try again later.
            """);
  }

  @Test
  void aKeyThatCanOnlyLookRunsNoAction() {
    Identity reader =
        app.application.keys().checkAdminKey(app.application.keys().issueReadOnlyKey());
    assertThat(
            error(
                app.application
                    .functions()
                    .action(DeployedTestApp.request(reader, "acts:scripted", "{}", null))))
        .contains("You do not have permission to perform this operation");
  }

  @Test
  void whoeverLeftIsNotServed() {
    RequestContext left =
        RequestContext.of("r-" + UUID.randomUUID(), Caller.HTTP_API).whileNot(() -> true);
    RUNNER.on(
        "scripted",
        (_, _) -> {
          throw new AssertionError("nobody waits for it");
        });
    assertThat(
            PushFixture.codeOf(
                () ->
                    app.application
                        .functions()
                        .action(
                            new MutationRequest(
                                FunctionPath.parse("acts:scripted"),
                                "{}".getBytes(UTF_8),
                                Identity.anonymous(),
                                null,
                                left))))
        .isEqualTo("408 ClientDisconnected");
  }
}
