package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static dev.freshet.app.DeployedTestApp.value;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Actions in JavaScript, with all that is behind them. */
class RunningActionsTest {
  @TempDir static Path directory;

  private static DeployedTestApp app;

  @BeforeAll
  static void deploy() {
    app = DeployedTestApp.deploy(directory, "actions");
  }

  @AfterAll
  static void close() {
    app.close();
  }

  @Test
  void callsFunctionsAlsoByTheirHandles() {
    CallOutcome outcome = app.action("acts:run", "{\"room\":\"r\"}");
    assertThat(value(outcome)).isEqualTo("[\"one\",\"two\"]");
    assertThat(outcome.logLines()).containsExactly("[LOG] 'added to' 'r'");
  }

  @Test
  void catchesAnErrorWithItsData() {
    assertThat(value(app.action("acts:caught", "{}")))
        .startsWith("{\"data\":{\"code\":\"refused\"},\"message\":\"Uncaught ConvexError: ");
  }

  @Test
  void actionsCallActions() {
    assertThat(value(app.action("acts:nested", "{\"depth\":5}"))).isEqualTo("5.0");
    assertThat(error(app.action("acts:nested", "{\"depth\":40}")))
        .contains("an action may call actions that call actions, 32 levels deep");
  }

  @Test
  void whatItCallsSeesItsCaller() {
    Identity acting =
        app.application
            .authenticator()
            .authenticateAdmin(
                app.application.keys().issueAdminKey(),
                Json.object()
                    .put("name", "Ada")
                    .put("issuer", "https://a.test")
                    .put("subject", "1"));
    assertThat(
            value(
                app.application
                    .functions()
                    .action(DeployedTestApp.request(acting, "acts:whoami", "{}", null))))
        .isEqualTo("[\"Ada\",\"Ada\"]");
    assertThat(value(app.action("acts:whoami", "{}"))).isEqualTo("[null,null]");
  }

  @Test
  void failsWithFramesOfTheSource() {
    assertThat(error(app.action("acts:fails", "{}")))
        .startsWith("[Request ID: r1] Server Error\nUncaught Error: it failed\n    at handler (")
        .contains("acts.ts:");
  }
}
