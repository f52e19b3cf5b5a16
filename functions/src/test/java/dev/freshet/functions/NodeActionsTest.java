package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeActionsTest extends NodeTest {
  @Test
  void haveNodeItself() {
    ModuleSet modules =
        node(
            "import { createHash } from 'node:crypto'; import fs from 'fs'; export const f ="
                + " action(async (args) => [createHash('sha1').update('x').digest('hex').length,"
                + " fs.existsSync('/'), Buffer.from('a').toString('hex'), typeof"
                + " require('node:os').cpus, __filename.endsWith('test.js'),"
                + " process.env.SERVICE_KEY, process.cwd() === process.env.PWD, args]);");
    assertThat(result(nodeOutcome(modules, "{\"n\":1}")))
        .isEqualTo("[40,true,\"61\",\"function\",true,\"abc\",true,{\"n\":1}]");
  }

  @Test
  void seeNothingOfTheServersEnvironment() {
    assertThat(nodeRan("return Object.keys(process.env).sort().filter(n => n !== 'LANG');"))
        .isEqualTo("[\"PATH\",\"PWD\",\"SERVICE_KEY\",\"TZ\"]");
  }

  @Test
  void readTheirVariablesWhichAreNoOptionsOfNode() {
    variables.put("NODE_OPTIONS", "--inspect=127.0.0.1:0 --no-such-option");
    assertThat(
            nodeRan(
                "return [process.env.NODE_OPTIONS.length, process.execArgv.some(a =>"
                    + " a.includes('inspect')), require('node:inspector').url() ?? null];"))
        .isEqualTo("[38,false,null]");
  }

  @Test
  void keepWhatModulesHoldFromCallToCall() {
    ModuleSet modules = node("let n = 0; export const f = action(async () => [++n, process.pid]);");
    String first = result(nodeOutcome(modules, "{}"));
    assertThat(first).startsWith("[1,");
    assertThat(result(nodeOutcome(modules, "{}"))).isEqualTo("[2" + first.substring(2));
    variables.put("SERVICE_KEY", "changed");
    assertThat(result(nodeOutcome(modules, "{}"))).startsWith("[1,");
  }

  @Test
  void importEachOtherAndTheirPackages(@TempDir Path directory) throws Exception {
    Path packages = directory.resolve("node_modules");
    Files.createDirectories(packages.resolve("tiny"));
    Files.writeString(
        packages.resolve("tiny/package.json"), "{\"name\":\"tiny\",\"main\":\"index.cjs\"}");
    Files.writeString(packages.resolve("tiny/index.cjs"), "exports.tiny = () => 'tiny';");
    setup = new NodeSetup(null, packages);
    ModuleSet modules =
        nodes(
            Map.of(
                "test.js",
                "import { shared } from './_deps/node/a.js'; import { tiny } from 'tiny'; const top"
                    + " = await Promise.resolve('awaited'); export const f = action(async () =>"
                    + " [shared, tiny(), require('tiny').tiny(), top, (await"
                    + " import('./_deps/node/a.js')).shared]);",
                "_deps/node/a.js",
                "export const shared = 'shared';"));
    assertThat(result(nodeOutcome(modules, "{}")))
        .isEqualTo("[\"shared\",\"tiny\",\"tiny\",\"awaited\",\"shared\"]");
  }

  @Test
  void askTheirHostInParallel() {
    host.answerOnceAsked(2);
    assertThat(
            nodeRan(
                "return await Promise.all([call('1.0/actions/query', {n: 1}), call('1.0/x', {n:"
                    + " 2})]);"))
        .isEqualTo("[{\"n\":1},{\"n\":2}]");
    host.answers =
        (operation, args) -> {
          throw FreshetException.badRequest("Test", "not like this");
        };
    assertThat(nodeRan("try { await call('1.0/x'); } catch (e) { return e.message; }"))
        .isEqualTo("\"not like this\"");
  }

  @Test
  void logByTheirConsoleOnly() {
    assertThat(
            nodeRan(
                "console.log('one', {two: 2}); console.warn('three'); console.table([1]);"
                    + " process.stdout.write('printed'); console.error(new Error('x').message);"))
        .isEqualTo("null");
    assertThat(host.lines)
        .containsExactly("[LOG] 'one' { two: 2 }", "[WARN] 'three'", "[ERROR] 'x'");
  }

  @Test
  void tellErrorsWithFramesOfTheirSources() {
    JsError error = nodeFailed("\nconst e = new RangeError('broken');\nthrow e;");
    assertThat(error.message()).isEqualTo("Uncaught RangeError: broken");
    assertThat(error.frames().getFirst()).matches(".*\\(test\\.js:\\d+:\\d+\\)");
    assertThat(nodeRan("return new Error('x').stack.split('\\n').slice(0, 2).join(' ');"))
        .matches("\"Error: x +at .*bundledFunctions\\.js:\\d+:\\d+.*\"");
  }

  @Test
  void tellFramesOfTheFilesThatTheirMapsName() {
    String code =
        "export const f = Object.assign(() => {}, {isAction: true, invokeAction: async () => {"
            + " const inner = async () => { throw new Error('mapped'); }; await inner(); }});";
    String map =
        "{\"version\":3,\"sources\":[\"../convex/mail.ts\"],\"names\":[],\"mappings\":\"AASE\"}";
    ModuleSet modules =
        ModuleSet.of(
            List.of(
                new FunctionModule(
                    "test.js",
                    "0".repeat(64),
                    ModuleEnvironment.NODE,
                    () -> new CompiledModule(code, map))));
    JsError error = error(nodeOutcome(modules, "{}"));
    assertThat(error.frames()).hasSize(2);
    assertThat(error.frames().getFirst()).isEqualTo("inner (../convex/mail.ts:10:3)");
    assertThat(error.frames().getLast()).endsWith("invokeAction (../convex/mail.ts:10:3)");
    assertThat(runner.stats(ModuleEnvironment.NODE).calls()).isPositive();
  }

  @Test
  void areToldOfWhatIsTooLargeToSend() {
    assertThat(nodeFailed("return 'x'.repeat(110 << 20);").message())
        .isEqualTo("Function test.js:f return value is too large (limit: 16 MiB)");
    assertThat(
            nodeRan(
                "try { await call('1.0/actions/query', 'x'.repeat(110 << 20)); } catch (e) { return"
                    + " e.message; }"))
        .isEqualTo("\"The arguments of the call are too large\"");
    assertThat(
            nodeFailed(
                    "const e = new Error(); e.ConvexErrorSymbol = Symbol(); e[e.ConvexErrorSymbol]"
                        + " = true; e.data = JSON.stringify('x'.repeat(110 << 20)); throw e;")
                .message())
        .isEqualTo("ConvexError with invalid data: Value is too large");
  }

  @Test
  void tellWhichFunctionIsMissing() {
    ModuleSet modules =
        node(
            "export const n = 1; export const g = Object.assign(() => {}, {isAction: true,"
                + " invokeAction: async () => 7});");
    assertThat(error(nodeOutcome(modules, "{}")).message())
        .isEqualTo("Uncaught Error: Couldn't find action `f` in `test.js`");
    assertThat(error(runner.run(nodeCall(modules, "n", "{}"), host)).message())
        .isEqualTo("Uncaught Error: `n` wasn't registered as a Convex action in `test.js`");
    assertThat(error(runner.run(nodeCall(modules, "g", "{}"), host)).message())
        .isEqualTo("Uncaught Error: Action `g` did not return a string (returned `7`)");
  }

  @Test
  void warnOfOperationsThatAreOutstandingAndRefuseLeftovers() {
    CountDownLatch never = new CountDownLatch(1);
    host.answers =
        (operation, args) -> {
          if (operation.equals("1.0/actions/mutation")) {
            try {
              never.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          return "null";
        };
    ModuleSet modules =
        node(
            "let kept; export const f = action(async (args, requestId) => { if (args.first) { kept"
                + " = requestId; void call('1.0/actions/mutation', {requestId}); return 'returned';"
                + " } try { await call('1.0/x', {requestId: kept}); } catch (e) { return e.message;"
                + " } });");
    assertThat(result(nodeOutcome(modules, "{\"first\":true}"))).isEqualTo("\"returned\"");
    assertThat(host.lines)
        .containsExactly(
            "[WARN] The action returned while a mutation call was outstanding. What it does not"
                + " await ends with it.");
    assertThat(result(nodeOutcome(modules, "{}"))).startsWith("\"Leftover state detected");
    never.countDown();
  }

  @Test
  void refuseTheDatabaseByName() {
    assertThat(
            nodeRan(
                "try { Convex.syscall('1.0/queryStream', '{}'); } catch (e) { return e.message; }"))
        .contains("database object is being used");
  }

  @Test
  void storeAndReadFiles() {
    assertThat(
            nodeRan(
                "const id = await Convex.jsSyscall('storage/storeBlob', {blob: new"
                    + " Blob(['x'.repeat(1e6), 'end'], {type: 'text/plain'})}); const back = await"
                    + " Convex.jsSyscall('storage/getBlob', {storageId: id}); const text = await"
                    + " back.text(); return [id, back.type, text.length, text.slice(-3), await"
                    + " Convex.jsSyscall('storage/getBlob', {storageId: 'no'})];"))
        .isEqualTo("[\"stored\",\"text/plain\",1000003,\"end\",null]");
  }

  @Test
  void areAnalyzedWhereTheyRun() {
    ModuleSet modules =
        node("import os from 'node:os';\nexport const f = action(async () => os.EOL);");
    AnalyzedModule analyzed =
        runner.analyzeNode(Fixtures.evaluation(modules, "test.js", Map.of()), variables, setup);
    assertThat(analyzed.functions()).hasSize(1);
    assertThat(analyzed.functions().getFirst().name()).isEqualTo("f");
    assertThat(analyzed.functions().getFirst().kind()).isEqualTo(FunctionKind.ACTION);
  }

  @Test
  void areRefusedAtPushWithWhatIsWrong() {
    for (Map.Entry<String, String> wrong :
        Map.of(
                "throw new Error('at load');", "Uncaught Error: at load",
                "import 'not-there';", "not-there",
                "process.exit(3);", "process.exit")
            .entrySet()) {
      assertThatThrownBy(
              () ->
                  runner.analyzeNode(
                      Fixtures.evaluation(node(wrong.getKey()), "test.js", Map.of()),
                      variables,
                      setup))
          .isInstanceOf(FreshetException.class)
          .hasMessageContaining("Failed to analyze test.js: ")
          .hasMessageContaining(wrong.getValue());
    }
  }
}
