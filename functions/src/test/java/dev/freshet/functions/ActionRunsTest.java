package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ActionRunsTest extends ActionTest {
  @Test
  void returnsWhatTheActionReturns() {
    assertThat(ran("return { got: args, requestId };"))
        .isEqualTo("{\"got\":{},\"requestId\":\"request-1\"}");
    assertThat(ran("")).isEqualTo("null");
  }

  @Test
  void runsHostRequestsInParallel() {
    host.answerOnceAsked(2);
    assertThat(
            ran(
                "return await Promise.all([call('1.0/actions/query', {n: 1}),"
                    + " call('1.0/actions/mutation', {n: 2})]);"))
        .isEqualTo("[{\"n\":1},{\"n\":2}]");
  }

  @Test
  void asksForThousandsOfThingsAtOnceAndGetsAllAnswers() {
    host.answers = (operation, args) -> args;
    assertThat(
            ran(
                "const all = await Promise.all(Array.from({length: 3000}, (_, i) => call('1.0/x',"
                    + " i))); return all.reduce((a, b) => a + b, 0);"))
        .isEqualTo("4498500");
  }

  @Test
  void rejectsWithTheErrorsOfItsHost() {
    host.answers =
        (operation, args) -> {
          throw operation.equals("1.0/bad")
              ? FreshetException.badRequest("Test", "not like this")
              : new FreshetException(ErrorClass.OCC, "Occ", "secret");
        };
    assertThat(
            ran(
                "const texts = [];"
                    + " for (const name of ['1.0/bad', '1.0/system']) {"
                    + "   try { await call(name); } catch (e) { texts.push(e.message); } }"
                    + " return texts;"))
        .isEqualTo("[\"not like this\",\"Your request couldn't be completed. Try again later.\"]");
  }

  @Test
  void logsWhileItRuns() {
    assertThat(ran("console.log('one', {two: 2}); console.warn('three');")).isEqualTo("null");
    assertThat(host.lines).containsExactly("[LOG] 'one' {\n  two: 2\n}", "[WARN] 'three'");
  }

  @Test
  void tellsErrorsWithFramesAndData() {
    assertThat(failed("throw new TypeError('no such room');").message())
        .isEqualTo("Uncaught TypeError: no such room");
    JsError error =
        failed(
            "const e = new Error('full'); const s = Symbol(); e.name = 'ConvexError';"
                + " e.ConvexErrorSymbol = s; e[s] = true; e.data = '{\"code\":7}'; throw e;");
    assertThat(error.message()).isEqualTo("Uncaught ConvexError: full");
    assertThat(error.dataJson()).isEqualTo("{\"code\":7}");
    assertThat(error.frames()).isNotEmpty();
  }

  @Test
  void hasTheRealClockAndRandomnessAfterItsImport() {
    String top = "const at = Date.now(); const drawn = Math.random();";
    String text =
        top
            + "export const f = action(async () => [at, drawn, Date.now(), Math.random(),"
            + " crypto.randomUUID()]);";
    String first = result(outcome(Script.actions(text)));
    String second = result(outcome(Script.actions(text)));
    assertThat(first).isNotEqualTo(second).startsWith("[" + Fixtures.IMPORTS.unixMillis() + ",0.");
    String common = first.substring(0, first.indexOf(',', 20));
    assertThat(second).startsWith(common);
  }

  @Test
  void readsEnvironmentVariables() {
    assertThat(ran("return [process.env.SERVICE_KEY, process.env.PATH ?? 'unset'];"))
        .isEqualTo("[\"abc\",\"unset\"]");
  }

  @Test
  void startsEveryCallWithFreshModuleState() {
    ModuleSet modules = Script.actions("let n = 0; export const f = action(async () => ++n);");
    for (int i = 0; i < 8; i++) {
      assertThat(result(outcome(modules))).isEqualTo("1");
    }
  }

  @Test
  void hasNothingOfItsProcess() {
    assertThat(
            ran(
                "return [typeof gc, typeof require, typeof Buffer, typeof process.exit, typeof"
                    + " setImmediate, Object.keys(process).join()];"))
        .isEqualTo(
            "[\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"env\"]");
    for (String way :
        List.of(
            "setTimeout.constructor",
            "fetch.constructor",
            "Convex.asyncSyscall.constructor",
            "(await call('1.0/x').catch((e) => e) ?? (() => {})).constructor",
            "Object.getPrototypeOf(async () => {}).constructor")) {
      assertThat(failed("return (" + way + ")('return process')();").message())
          .as(way)
          .startsWith("Uncaught ");
    }
  }

  @Test
  void refusesWhatIsNoAction() {
    ModuleSet modules =
        Script.module("export const q = make('Query', async () => 1); export const n = 1;");
    assertThat(error(runner.run(call(modules, "q", "{}"), host)).message())
        .isEqualTo(
            "Uncaught Error: Function test.js:q is registered as a query but is being run as an"
                + " action.");
    assertThat(error(runner.run(call(modules, "missing", "{}"), host)).message())
        .isEqualTo("Uncaught Error: Couldn't find \"missing\" in module \"test.js\".");
  }

  @Test
  void refusesOtherSyscallsByName() {
    assertThat(
            ran("try { Convex.syscall('1.0/queryStream', '{}'); } catch (e) { return e.message; }"))
        .isEqualTo("\"Unknown operation 1.0/queryStream\"");
  }

  @Test
  void tellsWhenItOnlyWaits() {
    assertThat(ran("await sleep(5); await call('1.0/x'); return 1;")).isEqualTo("1");
    assertThat(host.parked).startsWith(false, true, false).hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void endsAtItsDeadline() {
    timeout = Duration.ofMillis(300);
    assertThat(failed("await sleep(60_000);").message())
        .isEqualTo("Function execution timed out (maximum duration: 0.3s)");
    assertThat(failed("for (;;);").message())
        .isEqualTo("Function execution timed out (maximum duration: 0.3s)");
    timeout = Duration.ofSeconds(60);
    assertThat(ran("return 1;")).isEqualTo("1");
  }

  @Test
  void canBeCancelled() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    host.answers =
        (operation, args) -> {
          asked.countDown();
          return "null";
        };
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        Thread.ofVirtual()
            .uncaughtExceptionHandler((_, e) -> thrown.set(e))
            .start(() -> ran("await call('1.0/x'); await sleep(60_000);"));
    asked.await();
    caller.interrupt();
    caller.join();
    assertThat(thrown.get()).isInstanceOf(FreshetException.class);
    assertThat(ran("return 1;")).isEqualTo("1");
  }
}
