package dev.freshet.functions;

import static dev.freshet.functions.Fixtures.mutation;
import static dev.freshet.functions.Fixtures.query;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import org.junit.jupiter.api.Test;

class RunningFunctionsTest extends RunnerTest {
  private static final ModuleSet app = Fixtures.app("app");

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

  @Test
  void failsWhenNobodyHandlesARejection() {
    assertThat(queryError("Promise.reject(new Error('forgotten')); return 1;").message())
        .isEqualTo("Uncaught Error: forgotten");
    host.answers = syscall -> StubHost.failed("refused");
    assertThat(queryError("void call('1.0/get'); return 1;").message())
        .isEqualTo("Uncaught Error: refused");
  }

  @Test
  void forgivesARejectionThatIsHandledInTheSameTurn() {
    assertThat(
            queried(
                "const p = Promise.reject(new Error('x')); await null; await null;"
                    + " return await p.catch(() => 'handled');"))
        .isEqualTo("\"handled\"");
  }

  @Test
  void stopsAtTheRejectionOfTheFunctionWithoutRunningWhatIsPending() {
    assertThat(mutationError("void call('1.0/insert'); throw new Error('stop');").message())
        .isEqualTo("Uncaught Error: stop");
    assertThat(host.asked).isEmpty();
  }

  @Test
  void saysThatAPromiseWillNeverResolve() {
    assertThat(queryError("await new Promise(() => {});").message())
        .isEqualTo("Returned promise will never resolve");
  }

  @Test
  void refusesAFunctionThatIsNotThere() {
    ModuleSet modules = Script.query("return 1;");
    assertThat(error(query(modules, "test:g", "{}")).message())
        .isEqualTo("Uncaught Error: Couldn't find \"g\" in module \"test.js\".");
    assertThat(error(mutation(modules, "test:f", "{}")).message())
        .contains("registered as a query");
    assertThat(error(query(app, "messages:plain", "{}")).message())
        .contains("is neither a query or mutation");
  }

  @Test
  void describesWhatIsThrown() {
    assertThat(queryError("throw 'text';").message()).isEqualTo("Uncaught text");
    assertThat(queryError("throw {a: 1};").message()).isEqualTo("Uncaught #<Object>");
    assertThat(queryError("throw undefined;").message()).isEqualTo("Uncaught undefined");
    assertThat(queryError("const e = new Error('m'); e.name = ''; throw e;").message())
        .isEqualTo("Uncaught m");
    assertThat(queryError("throw new TypeError();").message()).isEqualTo("Uncaught TypeError");
    assertThat(queryError("const e = new Error(''); e.name = ''; throw e;").message())
        .isEqualTo("Uncaught");
    assertThat(queryError("throw {get constructor() { throw 1; }};").message())
        .isEqualTo("Uncaught");
    assertThat(queryError("throw new Error('ä'.repeat(100000));").message().getBytes(UTF_8))
        .hasSize(65_536);
  }

  @Test
  void givesTheStackAsSourceMappedLines() {
    String stack = queried("function inner() { return new Error('x').stack; } return inner();");
    assertThat(stack).startsWith("\"    at inner (test.js:").doesNotContain("Error: x");
  }

  @Test
  void loadsModulesInCyclesWithLiveBindings() {
    ModuleSet modules =
        Script.modules(
            java.util.Map.of(
                "a.js",
                    "import { b, bump } from './dir/b.js'; export let a = 'a'; export const f ="
                        + " make('Query', async () => { const before = b; bump(); return [before,"
                        + " b, a]; });",
                "dir/b.js",
                    "import * as ns from '../a.js'; export let b = 0; export function bump() { b +="
                        + " ns.a.length; }"));
    assertThat(result(query(modules, "a:f", "{}"))).isEqualTo("[0,1,\"a\"]");
  }

  @Test
  void tellsImportsThatCanNotBeResolved() {
    assertThat(error(query(Script.query("import 'fs';", "return 1;"), "test:f", "{}")).message())
        .contains("Couldn't import \"fs\"");
    assertThat(
            error(query(Script.query("import './missing.js';", "return 1;"), "test:f", "{}"))
                .message())
        .contains("Couldn't find JavaScript module 'missing.js', imported from 'test.js'");
    assertThat(queryError("await import('./test.js');").message())
        .isEqualTo("Uncaught TypeError: dynamic module import unsupported");
    assertThat(queryError("return import.meta.url;").message())
        .isEqualTo("Uncaught TypeError: import.meta unsupported");
  }

  @Test
  void failsEveryCallOfAModuleThatThrowsWhenLoaded() {
    ModuleSet modules = Script.query("throw new RangeError('at the top');", "return 1;");
    for (int i = 0; i < 3; i++) {
      assertThat(error(query(modules, "test:f", "{}")).message())
          .isEqualTo("Uncaught RangeError: at the top");
    }
    assertThat(error(query(Script.query("await 1;", "return 1;"), "test:f", "{}")).message())
        .isEqualTo("Uncaught Error: Top-level awaits in source files are unsupported");
  }

  @Test
  void refusesTheDatabaseWhileModulesLoad() {
    ModuleSet modules = Script.query("Convex.syscall('1.0/queryStream', '{}');", "return 1;");
    assertThat(error(query(modules, "test:f", "{}")).message())
        .isEqualTo("Uncaught Error: Can't use database at import time");
  }

  @Test
  void passesLargeTextsAndOddCharacters() {
    assertThat(queried("return 'x'.repeat(3000000).length + 'é\\u0000😀';"))
        .isEqualTo("\"3000000é\\u0000😀\"");
    assertThat(queried("return 'ab😀'.repeat(1000000);")).hasSize(4_000_002);
    host.answers = syscall -> SyscallResult.answer("\"" + "ü".repeat(200_000) + "\"");
    assertThat(queried("return (await call('x', 'y'.repeat(100000))).length;")).isEqualTo("200000");
  }
}
