package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.functions.MemoryBudget.Owner;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Processes go when nobody needs them, or when others need their room. */
class IdleActionRunnersTest extends NodeTest {
  private static final long ONE_PROCESS = 200L << 20;

  private static NodeActionRunner runner(MemoryBudget memory, Map<Limit, Long> limits) {
    return new NodeActionRunner(
        new RunnerConfig(null, 1, Limits.of(limits), Clock.system(), memory));
  }

  @Test
  void idleProcessesEnd() {
    MemoryBudget memory = MemoryBudget.of(1L << 40);
    Map<Limit, Long> limits =
        Map.of(Limit.ACTION_RUNNER_IDLE_SECONDS, 1L, Limit.NODE_ACTION_IDLE_SECONDS, 1L);
    try (NodeActionRunner brief = runner(memory, limits)) {
      result(brief.run(call(Script.action("return 1;"), "f", "{}"), host));
      result(brief.run(nodeCall(nodeAction("return 1;"), "f", "{}"), host));
      assertThat(brief.pids()).hasSize(1);
      assertThat(brief.nodePids()).hasSize(1);
      await().until(() -> brief.pids().isEmpty() && brief.nodePids().isEmpty());
      assertThat(memory.taken(Owner.ACTION)).isZero();
      assertThat(memory.taken(Owner.NODE)).isZero();
    }
  }

  @Test
  void callsThatComeTogetherShareTheProcessThatTheFirstOneStarts() throws Exception {
    for (int round = 0; round < 3; round++) {
      ModuleSet modules = Script.action("return " + round + ";");
      try (NodeActionRunner fresh = runner(MemoryBudget.unlimited(), Map.of());
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<String>> results = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
          results.add(
              threads.submit(
                  () -> result(fresh.run(call(modules, "f", "{}"), new StubActionHost()))));
        }
        for (Future<String> one : results) {
          assertThat(one.get()).isEqualTo(String.valueOf(round));
        }
      }
    }
  }

  @Test
  void idleProcessesGiveTheirRoomToOthers() {
    try (NodeActionRunner tight = runner(MemoryBudget.of(ONE_PROCESS), Map.of())) {
      for (int i = 0; i < 2; i++) {
        result(tight.run(call(Script.action("return 1;"), "f", "{}"), host));
        result(tight.run(nodeCall(nodeAction("return 1;"), "f", "{}"), host));
      }
      assertThat(tight.pids().size() + tight.nodePids().size()).isEqualTo(1);
    }
  }

  @Test
  void whereThereIsNoRoomCallersAreTurnedAway() throws Exception {
    Map<Limit, Long> limits =
        Map.of(Limit.APPLICATION_FUNCTION_RUNNER_ACTION_SEMAPHORE_TIMEOUT, 1L);
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    host.answers =
        (operation, args) -> {
          asked.countDown();
          try {
            answer.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return "null";
        };
    try (NodeActionRunner tight = runner(MemoryBudget.of(ONE_PROCESS), limits)) {
      Thread running =
          Thread.startVirtualThread(
              () -> tight.run(nodeCall(nodeAction("await call('1.0/x');"), "f", "{}"), host));
      asked.await();
      assertThatThrownBy(
              () -> tight.run(call(Script.action("return 1;"), "f", "{}"), new StubActionHost()))
          .isInstanceOf(FreshetException.class)
          .hasMessageContaining("Too many concurrent requests");
      answer.countDown();
      running.join();
      assertThat(result(tight.run(call(Script.action("return 1;"), "f", "{}"), host)))
          .isEqualTo("1");
    }
  }
}
