package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** What tests with a running action runner have in common. */
abstract class ActionTest {
  static NodeActionRunner runner;
  final StubActionHost host = new StubActionHost();
  Duration timeout = Duration.ofSeconds(20);

  @BeforeAll
  static void start() {
    runner =
        new NodeActionRunner(
            new RunnerConfig(null, 1, Limits.defaults(), Clock.system(), MemoryBudget.unlimited()));
  }

  @AfterAll
  static void stop() {
    runner.close();
  }

  ActionCall call(ModuleSet modules, String name, String args) {
    TreeMap<String, String> variables = new TreeMap<>();
    variables.put("SERVICE_KEY", "abc");
    return new ActionCall(
        ModuleEnvironment.ISOLATE,
        modules,
        "test.js",
        name,
        ("[" + args + "]").getBytes(UTF_8),
        "request-1",
        Fixtures.IMPORTS,
        variables,
        NodeSetup.PLAIN,
        timeout);
  }

  /** A request for the routes of {@code http.js}. */
  ActionCall httpCall(ModuleSet modules) {
    return new ActionCall(
        ModuleEnvironment.ISOLATE,
        modules,
        "http.js",
        "default",
        "[]".getBytes(UTF_8),
        "",
        Fixtures.IMPORTS,
        new TreeMap<>(),
        NodeSetup.PLAIN,
        timeout);
  }

  ActionOutcome outcome(ModuleSet modules) {
    return runner.run(call(modules, "f", "{}"), host);
  }

  static String result(ActionOutcome outcome) {
    assertThat(outcome).isInstanceOf(ActionOutcome.Success.class);
    return new String(((ActionOutcome.Success) outcome).resultJson(), UTF_8);
  }

  static JsError error(ActionOutcome outcome) {
    assertThat(outcome).isInstanceOf(ActionOutcome.Failure.class);
    return ((ActionOutcome.Failure) outcome).error();
  }

  /** Result of an action with that body. */
  String ran(String body) {
    return result(outcome(Script.action(body)));
  }

  JsError failed(String body) {
    return error(outcome(Script.action(body)));
  }
}
