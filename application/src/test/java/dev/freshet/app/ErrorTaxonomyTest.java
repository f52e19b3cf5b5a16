package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each class of failure, where an action's call can meet it: those that are the user's reach
 * JavaScript with their text, the others with a general one; none ends the action.
 */
class ErrorTaxonomyTest {
  private static final String SECRET = "what only the log may know";

  @TempDir static Path directory;

  private static DeployedTestApp app;
  private static volatile @Nullable ErrorClass failing;

  @BeforeAll
  static void deploy() {
    app =
        DeployedTestApp.deploy(
            directory, "actions", runner -> new RunnerAround(runner, ErrorTaxonomyTest::run));
  }

  private static FunctionOutcome run(FunctionRunner runner, FunctionCall call, FunctionHost host) {
    ErrorClass now = failing;
    if (now != null) {
      throw new FreshetException(now, "Failing", SECRET);
    }
    return runner.run(call, host);
  }

  @AfterAll
  static void close() {
    app.close();
  }

  @ParameterizedTest
  @EnumSource
  void aFailingMutationOfAnAction(ErrorClass errorClass) {
    failing = errorClass;
    try {
      String error = error(app.action("acts:run", "{\"room\":\"r\"}"));
      if (errorClass.isDeterministicUserError()) {
        assertThat(error).contains("Uncaught Error: " + SECRET);
      } else {
        assertThat(error)
            .contains("Uncaught Error: " + ActionService.UNAVAILABLE)
            .doesNotContain(SECRET);
      }
    } finally {
      failing = null;
    }
  }
}
