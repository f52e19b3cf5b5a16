package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunnerPoolTest {
  private static NodeFunctionRunner open(int runners) {
    return new NodeFunctionRunner(
        new RunnerConfig(
            null, runners, Limits.defaults(), Clock.system(), MemoryBudget.unlimited()));
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  @Test
  void servesMoreCallersThanRunners() throws Exception {
    ModuleSet modules = Script.query("return (await call('a', args)).n;");
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (NodeFunctionRunner runner = open(2);
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int caller = 0; caller < 4; caller++) {
        results.add(
            callers.submit(
                () -> {
                  int right = 0;
                  for (int i = 0; i < 50; i++) {
                    StubHost host = new StubHost();
                    host.answers =
                        syscall -> {
                          most.accumulateAndGet(running.incrementAndGet(), Math::max);
                          running.decrementAndGet();
                          return SyscallResult.answer(syscall.argsJson());
                        };
                    FunctionCall call = Fixtures.query(modules, "test:f", "{\"n\":" + i + "}");
                    var success = (FunctionOutcome.Success) runner.run(call, host);
                    if (new String(success.resultJson(), java.nio.charset.StandardCharsets.UTF_8)
                        .equals(String.valueOf(i))) {
                      right++;
                    }
                  }
                  return right;
                }));
      }
      for (Future<Integer> result : results) {
        assertThat(result.get()).isEqualTo(50);
      }
      assertThat(most.get()).isPositive();
      assertThat(runner.pids()).hasSizeGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void replacesARunnerThatDies() {
    ModuleSet modules = Script.query("return 1;");
    try (NodeFunctionRunner runner = open(1)) {
      runner.run(Fixtures.query(modules, "test:f", "{}"), new StubHost());
      long pid = runner.pids().getFirst();
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
      StubHost host = new StubHost();
      host.mayRestart = true;
      assertThat(runner.run(Fixtures.query(modules, "test:f", "{}"), host))
          .isInstanceOf(FunctionOutcome.Success.class);
      await().until(() -> !runner.pids().isEmpty() && runner.pids().getFirst() != pid);
    }
  }

  @Test
  void leavesNoProcessBehind() throws Exception {
    NodeFunctionRunner runner = open(2);
    await().until(() -> runner.pids().size() == 2);
    List<Long> pids = runner.pids();
    CountDownLatch started = new CountDownLatch(1);
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      StubHost host = new StubHost();
      host.answers =
          syscall -> {
            started.countDown();
            return SyscallResult.answer("1");
          };
      Future<?> call =
          callers.submit(
              () ->
                  runner.run(
                      Fixtures.query(Script.query("await call('a'); for (;;);"), "test:f", "{}"),
                      host));
      started.await();
      runner.close();
      assertThatThrownBy(call::get).hasMessageContaining("closed");
    }
    await().until(() -> pids.stream().noneMatch(RunnerPoolTest::isAlive));
    assertThatThrownBy(
            () ->
                runner.run(
                    Fixtures.query(Script.query("return 1;"), "test:f", "{}"), new StubHost()))
        .isInstanceOf(FreshetException.class);
  }

  @Test
  void guardKillsWhatIsLeftWhenItsInputEnds() throws Exception {
    Process sleeper = new ProcessBuilder("sleep", "600").start();
    Process other = new ProcessBuilder("sleep", "600").start();
    try (OrphanGuard guard = new OrphanGuard()) {
      guard.add(other.pid());
      guard.add(sleeper.pid());
      guard.remove(other.pid());
    }
    await().until(() -> !sleeper.isAlive());
    assertThat(other.isAlive()).isTrue();
    other.destroyForcibly();
  }

  @Test
  void saysWhatToInstallWhenNodeIsMissing() {
    RunnerConfig config =
        new RunnerConfig(
            Path.of("/nonexistent/node"),
            1,
            Limits.defaults(),
            Clock.system(),
            MemoryBudget.unlimited());
    assertThatThrownBy(() -> FunctionRunner.start(config))
        .isInstanceOf(FreshetException.class)
        .hasMessageContaining("Install Node.js 20 or newer");
  }
}
