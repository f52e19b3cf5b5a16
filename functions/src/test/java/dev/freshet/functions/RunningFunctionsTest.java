package dev.freshet.functions;

import static dev.freshet.functions.Fixtures.mutation;
import static dev.freshet.functions.Fixtures.query;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.functions.FunctionOutcome.Failure;
import dev.freshet.functions.FunctionOutcome.Success;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RunningFunctionsTest {
  private static FunctionRunner runner;
  private static ModuleSet app;
  private final StubHost host = new StubHost();

  @BeforeAll
  static void start() {
    runner = FunctionRunner.start(new RunnerConfig(null, 1, Limits.defaults(), Clock.system()));
    app = Fixtures.app("app");
  }

  @AfterAll
  static void stop() {
    runner.close();
  }

  private String result(FunctionCall call) {
    FunctionOutcome outcome = runner.run(call, host);
    assertThat(outcome).isInstanceOf(Success.class);
    return new String(((Success) outcome).resultJson(), UTF_8);
  }

  private JsError error(FunctionCall call) {
    FunctionOutcome outcome = runner.run(call, host);
    assertThat(outcome).isInstanceOf(Failure.class);
    return ((Failure) outcome).error();
  }

  @Test
  void returnsWhatTheFunctionReturns() {
    assertThat(result(query(app, "messages:nothing", "{}"))).isEqualTo("null");
    assertThat(result(query(app, "messages:echo", "{\"value\":{\"a\":[1,\"é😀\"]}}")))
        .isEqualTo("{\"a\":[1,\"é😀\"]}");
  }

  @Test
  void answersAwaitedSyscallsOneByOne() {
    host.answers = syscall -> SyscallResult.answer("{\"_id\":\"abc\",\"n\":1}");
    assertThat(result(query(app, "messages:five", "{\"id\":\"abc\"}")))
        .isEqualTo("[" + "{\"_id\":\"abc\",\"n\":1},".repeat(4) + "{\"_id\":\"abc\",\"n\":1}]");
    assertThat(host.asked).hasSize(5).containsOnly("1.0/get");
  }

  @Test
  void answersParallelSyscallsInTheirOrder() {
    int[] calls = {0};
    host.answers =
        syscall ->
            SyscallResult.answer(
                syscall.operation().equals("1.0/insert")
                    ? "{\"_id\":\"new\"}"
                    : String.valueOf(++calls[0]));
    assertThat(result(mutation(app, "messages:parallel", "{\"id\":\"abc\"}")))
        .isEqualTo("[1,2,\"new\",3]");
    assertThat(host.asked).containsExactly("1.0/get", "1.0/get", "1.0/insert", "1.0/get");
  }

  @Test
  void runsSyscallsThatNobodyAwaits() {
    host.answers = syscall -> SyscallResult.answer("{\"_id\":\"new\"}");
    assertThat(result(mutation(app, "messages:unawaited", "{}"))).isEqualTo("\"done\"");
    assertThat(host.asked).containsExactly("1.0/insert");
  }

  @Test
  void answersSynchronousSyscalls() {
    host.syncAnswers = syscall -> "{\"id\":\"normal\"}";
    assertThat(result(query(app, "messages:normalize", "{}"))).isEqualTo("\"normal\"");
    assertThat(host.asked).containsExactly("1.0/db/normalizeId");
  }

  @Test
  void tellsErrorsWithSourceMappedFrames() {
    JsError error = error(query(app, "messages:fails", "{}"));
    assertThat(error.message()).isEqualTo("Uncaught Error: no such room");
    assertThat(error.dataJson()).isNull();
    assertThat(error.frames()).hasSize(1);
    assertThat(error.frames().getFirst())
        .matches("handler \\(.*fixtures/app/messages\\.ts:45:\\d+\\)");
  }

  @Test
  void tellsTheDataOfConvexErrors() {
    JsError error = error(query(app, "messages:failsWithData", "{}"));
    assertThat(error.message()).startsWith("Uncaught ConvexError: ");
    assertThat(error.dataJson()).isEqualTo("{\"code\":7,\"why\":\"full\"}");
  }

  @Test
  void letsUserCodeCatchDeterministicErrorsOfItsHost() {
    host.answers = syscall -> StubHost.failed("not like this");
    assertThat(result(query(app, "messages:catches", "{\"id\":\"abc\"}")))
        .isEqualTo("\"true: not like this\"");
  }

  @Test
  void endsTheCallAtOtherErrorsOfItsHost() {
    host.answers =
        syscall -> {
          throw new FreshetException(ErrorClass.OCC, "OptimisticConcurrencyControlFailure", "lost");
        };
    assertThatThrownBy(() -> runner.run(query(app, "messages:catches", "{\"id\":\"a\"}"), host))
        .isInstanceOf(FreshetException.class)
        .hasMessage("lost");
    assertThat(result(query(app, "messages:nothing", "{}"))).isEqualTo("null");
  }

  @Test
  void startsEveryCallWithFreshModuleState() {
    for (int i = 0; i < 5; i++) {
      assertThat(result(query(app, "messages:count", "{}"))).isEqualTo("1");
    }
  }
}
