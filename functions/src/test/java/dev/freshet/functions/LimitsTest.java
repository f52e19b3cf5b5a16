package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTest extends RunnerTest {
  private static final String OUT_OF_MEMORY =
      "JavaScript execution ran out of memory (maximum memory usage: 64 MB)";

  private static FunctionCall limited(FunctionCall call, Duration user, Duration system) {
    return limited(call, new CallLimits(user, system));
  }

  static FunctionCall limited(FunctionCall call, CallLimits limits) {
    return new FunctionCall(
        call.kind(),
        call.modules(),
        call.modulePath(),
        call.functionName(),
        call.argsJson(),
        call.seed(),
        call.unixMillis(),
        call.importPhase(),
        limits);
  }

  @Test
  void endsAnEndlessLoop() {
    FunctionOutcome outcome = outcome(Script.query("console.log('in'); for (;;);"));
    assertThat(outcome).isInstanceOf(FunctionOutcome.Failure.class);
    assertThat(((FunctionOutcome.Failure) outcome).error().message())
        .isEqualTo("Function execution timed out (maximum duration: 1s)");
    assertThat(outcome.logLines()).extracting(LogLine::pretty).containsExactly("[LOG] 'in'");
    assertThat(queried("return 1;")).isEqualTo("1");
  }

  @Test
  void endsLoopsOfMicrotasksOfModulesAndOfGetters() {
    assertThat(queryError("for (;;) await null;").message()).contains("timed out");
    assertThat(
            error(Fixtures.query(Script.query("for (;;);", "return 1;"), "test:f", "{}")).message())
        .contains("timed out");
    assertThat(queryError("throw {get constructor() { for (;;); }};").message())
        .contains("timed out");
  }

  @Test
  void doesNotCountTheHostsTime() {
    host.answers =
        syscall -> {
          try {
            Thread.sleep(400);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return SyscallResult.answer("1");
        };
    FunctionCall call = Fixtures.query(Script.query("return await call('a');"), "test:f", "{}");
    assertThat(result(limited(call, Duration.ofMillis(300), Duration.ofSeconds(15))))
        .isEqualTo("1");
    assertThatThrownBy(
            () -> runner.run(limited(call, Duration.ofSeconds(1), Duration.ofMillis(200)), host))
        .isInstanceOf(FreshetException.class)
        .hasMessage("Your request timed out performing too many system operations.");
    assertThat(queried("return 1;")).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "const a = []; for (;;) a.push({a: [1]});",
        "const m = new Map(); for (let i = 0;; i++) m.set(i, 'x' + i);",
        "let s = 'x'; const a = []; for (;;) { a.push(JSON.parse(JSON.stringify(s))); if (s.length"
            + " < 1e6) s += s; }",
        "return new Array(1e9).fill(1).length;",
      })
  void endsACallThatUsesUpTheHeap(String body) {
    host.mayRestart = true;
    FunctionCall call = Fixtures.query(Script.query(body), "test:f", "{}");
    assertThat(error(limited(call, Duration.ofSeconds(60), Duration.ofSeconds(15))).message())
        .isEqualTo(OUT_OF_MEMORY);
    assertThat(queried("return 1;")).isEqualTo("1");
  }

  @Test
  void letsUserCodeCatchTheEndOfItsBuffers() {
    assertThat(
            queried(
                "const a = []; try { for (;;) a.push(new Uint8Array(4 << 20)); } catch (e) { return"
                    + " [e.name, e.message, a.length * 4 <= 400]; }"))
        .isEqualTo("[\"RangeError\",\"Array buffer allocation failed\",true]");
    assertThat(queried("return new Uint8Array(32 << 20).length;")).isEqualTo("33554432");
  }

  @Test
  void forgetsBuffersThatAreNoLongerUsed() {
    assertThat(queried("for (let i = 0; i < 100; i++) new Uint8Array(4 << 20); return 1;"))
        .isEqualTo("1");
  }

  @Test
  void turnsEndlessRecursionIntoARangeError() {
    assertThat(queryError("const f = () => f() + 1; f();").message())
        .isEqualTo("Uncaught RangeError: Maximum call stack size exceeded");
    assertThat(queryError("const f = () => 'x'.replace('x', f); f();").message())
        .isEqualTo("Uncaught RangeError: Maximum call stack size exceeded");
  }

  @Test
  void runsACallAgainAloneWhenItsRunnerDied() {
    host.mayRestart = true;
    int[] answers = {0};
    host.answers =
        syscall -> {
          answers[0]++;
          if (answers[0] == 1) {
            ((NodeFunctionRunner) runner)
                .pids()
                .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
          }
          return SyscallResult.answer("1");
        };
    queried("return 1;");
    assertThat(queried("return await call('a');")).isEqualTo("1");
    assertThat(host.restarts).isEqualTo(1);
    assertThat(answers[0]).isEqualTo(2);
  }

  /** However often: what ends runners from outside is no error of the call. */
  @Test
  void neverBlamesTheCallForAKillFromOutside() {
    host.answers =
        syscall -> {
          ProcessHandle.current()
              .descendants()
              .filter(process -> process.info().command().orElse("").endsWith("node"))
              .forEach(ProcessHandle::destroyForcibly);
          return SyscallResult.answer("1");
        };
    for (boolean mayRestart : new boolean[] {false, true}) {
      host.mayRestart = mayRestart;
      FunctionCall call = Fixtures.query(Script.query("return await call('a');"), "test:f", "{}");
      assertThatThrownBy(() -> runner.run(call, host))
          .isInstanceOfSatisfying(
              FreshetException.class,
              error -> assertThat(error.errorClass()).isEqualTo(ErrorClass.INTERNAL));
    }
    assertThat(host.restarts).isEqualTo(2);
    assertThat(queried("return 1;")).isEqualTo("1");
  }
}
