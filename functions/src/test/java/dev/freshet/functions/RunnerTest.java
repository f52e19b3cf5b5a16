package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.FunctionOutcome.Failure;
import dev.freshet.functions.FunctionOutcome.Success;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** What tests with one running runner have in common. */
abstract class RunnerTest {
  static FunctionRunner runner;
  final StubHost host = new StubHost();

  @BeforeAll
  static void start() {
    runner =
        FunctionRunner.start(
            new RunnerConfig(null, 1, Limits.defaults(), Clock.system(), MemoryBudget.unlimited()));
  }

  @AfterAll
  static void stop() {
    runner.close();
  }

  FunctionOutcome outcome(ModuleSet modules) {
    return runner.run(Fixtures.query(modules, "test:f", "{}"), host);
  }

  String result(FunctionCall call) {
    FunctionOutcome outcome = runner.run(call, host);
    assertThat(outcome).isInstanceOf(Success.class);
    return new String(((Success) outcome).resultJson(), UTF_8);
  }

  JsError error(FunctionCall call) {
    FunctionOutcome outcome = runner.run(call, host);
    assertThat(outcome).isInstanceOf(Failure.class);
    return ((Failure) outcome).error();
  }

  /** Result of a query {@code f} with that body. */
  String queried(String body) {
    return result(Fixtures.query(Script.query(body), "test:f", "{}"));
  }

  JsError queryError(String body) {
    return error(Fixtures.query(Script.query(body), "test:f", "{}"));
  }

  JsError mutationError(String body) {
    return error(Fixtures.mutation(Script.mutation(body), "test:f", "{}"));
  }
}
