package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What ends a Node process fails the action that ran in it, and nothing else. */
class NodeCrashesTest extends NodeTest {
  private void theNextOneWorks() {
    assertThat(nodeRan("return 'works';")).isEqualTo("\"works\"");
  }

  @Test
  void endingTheProcessFailsTheAction() {
    assertThat(nodeFailed("process.exit(0);").message()).startsWith("Uncaught process.exit: ");
    theNextOneWorks();
  }

  @Test
  void aRejectionThatNobodyHandlesFailsTheAction() {
    JsError error =
        nodeFailed("setTimeout(() => Promise.reject(new Error('late')), 5); await sleep(60_000);");
    assertThat(error.message()).isEqualTo("Uncaught unhandledRejection: late");
    assertThat(
            nodeFailed("setTimeout(() => { throw new Error('thrown'); }, 5); await sleep(60_000);")
                .message())
        .isEqualTo("Uncaught uncaughtException: thrown");
    theNextOneWorks();
  }

  @Test
  void whatAnEarlierActionLeftBehindDoesNotFailTheNextOne() {
    ModuleSet modules =
        node(
            "export const f = action(async (args) => { if (args.leave) {"
                + " setTimeout(() => Promise.reject(new Error('late')), 100); return process.pid; }"
                + " await sleep(400); return process.pid; });");
    String first = result(nodeOutcome(modules, "{\"leave\":true}"));
    assertThat(result(nodeOutcome(modules, "{}"))).isEqualTo(first);
    assertThat(result(nodeOutcome(modules, "{\"leave\":true}"))).isNotEqualTo(first);
  }

  @Test
  void aCrashFailsTheAction() {
    assertThat(nodeFailed("process.abort();").message()).contains("ended unexpectedly");
    theNextOneWorks();
  }

  @Test
  void theHeapIsBounded() {
    assertThat(nodeFailed("const a = []; for (;;) a.push(new Array(1e6).fill({}));").message())
        .isEqualTo("JavaScript execution ran out of memory (maximum memory usage: 512 MB)");
    theNextOneWorks();
  }

  @Test
  void garbageOnThePipesEndsThatProcessOnly() {
    ActionOutcome outcome =
        nodeOutcome(
            nodeAction(
                "require('node:fs').writeSync(4, 'garbage'.repeat(100)); await sleep(60_000);"),
            "{}");
    assertThat(outcome).isNotInstanceOf(ActionOutcome.Success.class);
    theNextOneWorks();
  }

  @Test
  void theDeadlineEndsLoopsAndWaiting() {
    timeout = Duration.ofMillis(500);
    String text = "Action `f` execution timed out (maximum duration 0.5s)";
    assertThat(nodeFailed("for (;;);").message()).isEqualTo(text);
    assertThat(nodeFailed("await sleep(60_000);").message()).isEqualTo(text);
    timeout = Duration.ofSeconds(60);
    theNextOneWorks();
  }

  @Test
  void aProcessThatHasEndedWhileItWasIdleIsNotUsedAgain() {
    ModuleSet modules =
        node(
            "import { spawn } from 'node:child_process'; export const f = action(async (args) => {"
                + " if (args.leave) spawn('sleep', ['3'], {stdio: 'inherit', detached:"
                + " true}).unref(); return process.pid; });");
    String first = result(nodeOutcome(modules, "{\"leave\":true}"));
    ProcessHandle process = ProcessHandle.of(Long.parseLong(first)).orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
    // Its child still holds its standard error, which is read to its end before all else.
    assertThat(result(nodeOutcome(modules, "{}"))).isNotEqualTo(first);
  }

  @Test
  void itsChildrenEndWithIt() {
    timeout = Duration.ofMillis(500);
    String spawn = "require('node:child_process').spawn('sleep', ['1001']);";
    nodeFailed(spawn + "await sleep(60_000);");
    timeout = Duration.ofSeconds(60);
    nodeFailed(spawn + "await sleep(20); process.exit();");
    nodeFailed(spawn + "await sleep(2500); process.abort();");
    await()
        .until(
            () ->
                ProcessHandle.allProcesses()
                    .noneMatch(
                        process -> process.info().commandLine().orElse("").endsWith("sleep 1001")));
  }

  @Test
  void childrenDoNotInheritThePipes() {
    assertThat(
            nodeRan(
                "return require('node:child_process').execFileSync('sh', ['-c', 'ls"
                    + " /proc/self/fd']).toString().split('\\n"
                    + "').filter(n => n === '4').length;"))
        .isEqualTo("0");
  }
}
