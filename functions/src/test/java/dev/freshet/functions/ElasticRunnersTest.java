package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.functions.FunctionOutcome.Success;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ElasticRunnersTest {
  private static final ModuleSet INNOCENT =
      Script.module("export const innocent = make('Query', () => 1);");

  private static NodeFunctionRunner open(int runners, MemoryBudget memory) {
    return new NodeFunctionRunner(
        new RunnerConfig(null, runners, Limits.defaults(), Clock.system(), memory));
  }

  private static FunctionOutcome run(FunctionRunner runner, ModuleSet modules, FunctionHost host) {
    String name = modules.equals(INNOCENT) ? "test:innocent" : "test:f";
    return runner.run(Fixtures.query(modules, name, "{}"), host);
  }

  /** A host whose calls stay until released. */
  private static StubHost held(CountDownLatch inside, CountDownLatch release) {
    StubHost host = new StubHost();
    host.answers =
        syscall -> {
          inside.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return SyscallResult.answer("1");
        };
    return host;
  }

  @Test
  void startsOneMoreRunnerWhenAllAreHeldForLong() throws Exception {
    CountDownLatch inside = new CountDownLatch(2);
    CountDownLatch release = new CountDownLatch(1);
    try (NodeFunctionRunner runner = open(2, MemoryBudget.unlimited());
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<FunctionOutcome>> held = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        ModuleSet modules = Script.query("return await call('a', " + i + ");");
        held.add(callers.submit(() -> run(runner, modules, held(inside, release))));
      }
      inside.await();
      assertThat(run(runner, INNOCENT, new StubHost())).isInstanceOf(Success.class);
      assertThat(runner.pids()).hasSize(3);
      release.countDown();
      for (Future<FunctionOutcome> call : held) {
        assertThat(call.get()).isInstanceOf(Success.class);
      }
      assertThat(runner.stats().starts()).isEqualTo(3);
    }
  }

  @Test
  void startsNoneThatThereIsNoMemoryFor() throws Exception {
    MemoryBudget memory = MemoryBudget.of(150L << 20);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (NodeFunctionRunner runner = open(2, memory);
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      ModuleSet holding = Script.query("return await call('a');");
      Future<FunctionOutcome> held =
          callers.submit(() -> run(runner, holding, held(inside, release)));
      inside.await();
      Future<FunctionOutcome> waiting = callers.submit(() -> run(runner, INNOCENT, new StubHost()));
      await().until(() -> runner.stats().oldestWait().toMillis() > 150);
      assertThat(runner.pids()).hasSize(1);
      release.countDown();
      assertThat(held.get()).isInstanceOf(Success.class);
      assertThat(waiting.get()).isInstanceOf(Success.class);
    }
    assertThat(memory.taken(MemoryBudget.Owner.DATABASE)).isZero();
  }

  @Test
  void endsIdleRunnersWhenOthersNeedTheMemory() {
    MemoryBudget memory = MemoryBudget.of(400L << 20);
    try (NodeFunctionRunner runner = open(3, memory)) {
      await().until(() -> runner.pids().size() == 3);
      await()
          .until(
              () -> {
                MemoryBudget.Place place = memory.tryTake(MemoryBudget.Owner.NODE, 200L << 20);
                return place != null;
              });
      assertThat(runner.pids().size()).isLessThan(3);
      assertThat(run(runner, INNOCENT, new StubHost())).isInstanceOf(Success.class);
    }
  }

  @Test
  void functionsThatAreKilledLeaveRunnersToOthers() throws Exception {
    ModuleSet loop = Script.module("export const loop = make('Query', () => { for (;;); });");
    AtomicInteger parked = new AtomicInteger();
    try (NodeFunctionRunner runner = open(2, MemoryBudget.unlimited());
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> culprits = new ArrayList<>();
      FunctionCall call = Fixtures.query(loop, "test:loop", "{}");
      runner.run(call, new StubHost());
      for (int i = 0; i < 4; i++) {
        StubHost host = new StubHost();
        host.whenParked = holds -> parked.addAndGet(holds ? 1 : -1);
        culprits.add(callers.submit(() -> runner.run(call, host)));
      }
      await().until(() -> parked.get() == 3);
      int served = 0;
      while (culprits.stream().filter(Future::isDone).count() < 2) {
        assertThat(run(runner, INNOCENT, new StubHost())).isInstanceOf(Success.class);
        served++;
      }
      assertThat(served).isGreaterThan(100);
      for (Future<?> culprit : culprits) {
        culprit.get();
      }
      assertThat(parked.get()).isZero();
    }
  }

  @Test
  void dropsCallsWhoseCallersHaveLeft() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (NodeFunctionRunner runner = open(1, MemoryBudget.of(1));
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      ModuleSet holding = Script.query("return await call('a');");
      Future<?> held = callers.submit(() -> run(runner, holding, held(inside, release)));
      inside.await();
      StubHost gone = new StubHost();
      gone.gone = true;
      Future<?> waiting = callers.submit(() -> run(runner, INNOCENT, gone));
      await().until(() -> runner.stats().waiting() == 1);
      release.countDown();
      held.get();
      assertThatThrownBy(waiting::get).hasMessageContaining("The caller left");
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void saysOnceThatNothingCanBeStartedAndRecovers(@TempDir Path directory) throws Exception {
    NodeInstallation real = NodeInstallation.find(null);
    Path node = directory.resolve("node");
    Path broken = directory.resolve("broken");
    Files.writeString(broken, "yes");
    Files.writeString(
        node,
        "#!/bin/sh\nif [ -e "
            + broken
            + " ]; then echo 'no luck' >&2; exit 1; fi\nexec "
            + real.executable()
            + " \"$@\"\n");
    Files.setPosixFilePermissions(node, PosixFilePermissions.fromString("rwxr-xr-x"));
    NodeInstallation wrapped =
        new NodeInstallation(node.toString(), real.major(), real.minor(), real.dataBytes());
    try (RunnerFiles files = new RunnerFiles();
        RunnerPool pool =
            new RunnerPool(
                wrapped,
                files.file("runner.cjs"),
                new RunnerPool.Shared(
                    Limits.defaults(),
                    new CodeCaches(files.directory("code")),
                    new ImportReads(),
                    LargeFrames.ofThisServer(Limits.defaults())),
                2,
                MemoryBudget.unlimited())) {
      RunnerWork<Integer> work =
          new RunnerWork<>() {
            @Override
            public Integer run(RunnerSession session) {
              return 1;
            }

            @Override
            public String function() {
              return "f";
            }
          };
      await().ignoreExceptions().until(() -> fails(pool, work));
      assertThat(pool.pids()).isEmpty();
      Files.delete(broken);
      await().ignoreExceptions().until(() -> pool.run(work) == 1);
    }
  }

  private static boolean fails(RunnerPool pool, RunnerWork<Integer> work) {
    try {
      pool.run(work);
      return false;
    } catch (FreshetException e) {
      return e.text().contains("ended at its start: no luck");
    }
  }
}
