package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.Limits;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handles of functions, and other host calls of queries and mutations, in a real app. */
class FunctionHandlesTest {
  @TempDir static Path directory;

  private static DeployedTestApp app;

  @BeforeAll
  static void deploy() {
    app =
        DeployedTestApp.deploy(directory, "actions", Limits.defaults(), new ScriptedActionRunner());
  }

  @AfterAll
  static void close() {
    app.close();
  }

  @Test
  void aHandleReachesAnInternalFunctionAndOutlivesPushes() {
    String handle = app.queried("data:handle", "{}");
    assertThat(handle).matches("\"function://[0-9a-z]+#data:secret\"");
    String call = "{\"handle\":" + handle + "}";
    assertThat(app.mutated("data:callHandle", call)).isEqualTo("\"never\"");
    assertThat(app.mutated("data:callHandle", call.replace("#data:secret", "")))
        .isEqualTo("\"never\"");

    app.pushChanged("actions", "data.js", "\"never\"", "\"again\"");
    assertThat(app.queried("data:handle", "{}")).isEqualTo(handle);
    assertThat(app.mutated("data:callHandle", call)).isEqualTo("\"again\"");

    // Gone while the function is, and the same when it is back.
    app.pushChanged("actions", "data.js", " as secret,", " as other,");
    assertThat(error(app.mutation("data:callHandle", call).outcome()))
        .contains("Function handle not found");
    assertThat(error(app.query("data:handle", "{}").outcome()))
        .contains("Function handle not found");
    app.push("actions");
    assertThat(app.queried("data:handle", "{}")).isEqualTo(handle);
    assertThat(app.mutated("data:callHandle", call)).isEqualTo("\"never\"");
  }

  @Test
  void aTextThatIsNoHandleIsNotFound() {
    for (String text : new String[] {"function://", "function://x", "function://x#data:list"}) {
      assertThat(error(app.mutation("data:callHandle", "{\"handle\":\"" + text + "\"}").outcome()))
          .contains("Function handle not found");
    }
  }

  @Test
  void mutationsSignTokensAndQueriesDoNot() {
    assertThat(app.mutated("data:sign", "{\"claims\":{\"sub\":\"a\"},\"expiresInSeconds\":60}"))
        .matches("\"[\\w-]+\\.[\\w-]+\\.[\\w-]{86}\"");
    assertThat(error(app.mutation("data:sign", "{\"expiresInSeconds\":3601}").outcome()))
        .contains("`expiresInSeconds` of `signJwt` must be a whole number from 1 to 3600.");
    assertThat(app.queried("data:byHand", "{\"operation\":\"1.0/signJwt\"}"))
        .isEqualTo("\"Unknown async operation 1.0/signJwt\"");
  }

  @Test
  void whatIsNotThereIsRefusedByName() {
    assertThat(error(app.mutation("data:later", "{}").outcome()))
        .contains("The scheduler is not available yet in Freshet.");
    assertThat(error(app.query("data:url", "{}").outcome()))
        .contains("File storage is not available yet in Freshet.");
    assertThat(app.queried("data:byHand", "{\"operation\":\"1.0/schedule\"}"))
        .contains("is only available in mutations");
    assertThat(app.queried("data:byHand", "{\"operation\":\"1.0/actions/query\"}"))
        .isEqualTo("\"Unknown async operation 1.0/actions/query\"");
    assertThat(app.mutated("data:metrics", "{}"))
        .contains("\"fileReadBytes\":{", "\"filesWritten\":{\"remaining\":");
  }
}
