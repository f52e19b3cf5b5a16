package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ActionDeathsTest extends ActionTest {
  private static final String HOG =
      "if (args.hog) { const kept = []; for (;;) kept.push(new Array(1e6).fill(1)); }";

  private static <T> List<Future<T>> start(ExecutorService threads, int count, Callable<T> work) {
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      futures.add(threads.submit(work));
    }
    return futures;
  }

  @Test
  void theCulpritGetsTheDocumentedErrorAndHarmlessOthersRunAgain() throws Exception {
    ModuleSet modules = Script.action(HOG + " await sleep(1500); return 'fine';");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> sleepers =
          start(threads, 5, () -> result(runner.run(call(modules, "f", "{}"), host)));
      await().until(() -> host.parked.size() >= 10);
      JsError error = error(runner.run(call(modules, "f", "{\"hog\":true}"), host));
      assertThat(error.message())
          .isEqualTo("JavaScript execution ran out of memory (maximum memory usage: 64 MB)");
      for (Future<String> sleeper : sleepers) {
        assertThat(sleeper.get()).isEqualTo("\"fine\"");
      }
    }
  }

  @Test
  void othersThatHadEffectsAreToldThatTheyWereStruck() throws Exception {
    ModuleSet modules =
        Script.action(HOG + " await call('1.0/actions/mutation'); await sleep(60_000);");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ActionOutcome>> sleepers =
          start(threads, 2, () -> runner.run(call(modules, "f", "{}"), host));
      await().until(() -> host.asked.size() == 2 && host.parked.size() >= 8);
      error(runner.run(call(modules, "f", "{\"hog\":true}"), host));
      for (Future<ActionOutcome> sleeper : sleepers) {
        assertThat(sleeper.get()).isInstanceOf(ActionOutcome.Struck.class);
      }
    }
    assertThat(host.asked).hasSize(2);
  }

  @Test
  void functionsThatAreNotProvenHaveProcessesOfTheirOwn() throws Exception {
    ModuleSet sleeping = Script.action("await sleep(1000); return 'unharmed';");
    ModuleSet hogging = Script.action(HOG);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> sleepers =
          start(
              threads,
              3,
              () -> {
                StubActionHost own = new StubActionHost();
                String text = result(runner.run(call(sleeping, "f", "{}"), own));
                // Announced as running: at its start and after its sleep, so it was never
                // restarted.
                assertThat(own.parked).containsExactly(false, true, false);
                return text;
              });
      error(runner.run(call(hogging, "f", "{\"hog\":true}"), host));
      for (Future<String> sleeper : sleepers) {
        assertThat(sleeper.get()).isEqualTo("\"unharmed\"");
      }
    }
  }

  @Test
  void aProcessKilledFromOutsideIsNobodysFault() throws Exception {
    ModuleSet modules = Script.action("await sleep(500); return 'fine';");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> sleepers =
          start(threads, 3, () -> result(runner.run(call(modules, "f", "{}"), host)));
      await().until(() -> host.parked.size() >= 6);
      runner.pids().forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
      for (Future<String> sleeper : sleepers) {
        assertThat(sleeper.get()).isEqualTo("\"fine\"");
      }
    }
  }

  @Test
  void oneThatKeepsOthersOfItsProcessWaitingIsEnded() throws Exception {
    String loop = "if (args.loop) { for (;;); } ";
    ModuleSet looping = Script.action(loop + "return 1;");
    ModuleSet innocent = Script.action("await sleep(args.millis ?? 0); return 'fine';");
    Limits limits = Limits.of(Map.of(Limit.ACTION_SHARED_TURN_SECONDS, 1L));
    RunnerConfig config =
        new RunnerConfig(null, 1, limits, Clock.system(), MemoryBudget.unlimited());
    try (NodeActionRunner shared = new NodeActionRunner(config);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 5; i++) {
        result(shared.run(call(looping, "f", "{}"), host));
        result(shared.run(call(innocent, "f", "{}"), host));
      }
      host.parked.clear();
      // As many as there are processes, so that each has one.
      List<Future<String>> others =
          start(
              threads,
              shared.pids().size(),
              () -> result(shared.run(call(innocent, "f", "{\"millis\":4000}"), host)));
      await().until(() -> host.parked.stream().filter(parked -> parked).count() >= others.size());
      JsError error = error(shared.run(call(looping, "f", "{\"loop\":true}"), host));
      assertThat(error.message()).isEqualTo("Function execution timed out (maximum duration: 1s)");
      for (Future<String> other : others) {
        assertThat(other.get()).isEqualTo("\"fine\"");
      }
    }
  }

  @Test
  void oneThatGrowsFromTurnToTurnEndsBeforeItsProcessDoes() throws Exception {
    for (String growth : List.of("new Array(1e6).fill(1.5)", "new Uint8Array(8 << 20).fill(1)")) {
      ModuleSet modules =
          Script.action(
              "const kept = []; for (let i = 0; args.hog; i++) { kept.push("
                  + growth
                  + "); await sleep(1); } await sleep(3000); return 'unharmed';");
      StubActionHost sleeping = new StubActionHost();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        Future<String> sleeper =
            threads.submit(() -> result(runner.run(call(modules, "f", "{}"), sleeping)));
        await().until(() -> sleeping.parked.contains(true));
        assertThat(error(runner.run(call(modules, "f", "{\"hog\":true}"), host)).message())
            .isEqualTo("JavaScript execution ran out of memory (maximum memory usage: 64 MB)");
        assertThat(sleeper.get()).isEqualTo("\"unharmed\"");
        assertThat(sleeping.parked).containsExactly(false, true, false);
      }
    }
  }

  @Test
  void hugeResultsAreRefusedAndCostNobodyAnything() {
    String text = failed("return 'x'.repeat(100 << 20);").message();
    assertThat(text).contains("return value is too large");
    assertThat(ran("return 1;")).isEqualTo("1");
  }

  @Test
  void anEndlessTurnEndsAtTheDeadline() {
    timeout = Duration.ofMillis(500);
    assertThat(failed("for (;;) { try { for (;;); } finally { continue; } }").message())
        .startsWith("Function execution timed out");
  }
}
