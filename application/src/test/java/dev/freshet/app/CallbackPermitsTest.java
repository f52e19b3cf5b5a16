package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One place for each kind of call: nothing that has begun may wait for ever. */
class CallbackPermitsTest {
  @TempDir Path directory;

  private final ScriptedActionRunner runner = new ScriptedActionRunner();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private DeployedTestApp app;

  @BeforeEach
  void deploy() {
    app =
        DeployedTestApp.deploy(
            directory,
            "actions",
            Limits.of(
                Map.of(
                    Limit.APPLICATION_MAX_CONCURRENT_V8_ACTIONS, 1L,
                    Limit.APPLICATION_MAX_CONCURRENT_QUERIES, 1L,
                    Limit.APPLICATION_MAX_CONCURRENT_MUTATIONS, 1L,
                    Limit.APPLICATION_FUNCTION_RUNNER_ACTION_SEMAPHORE_TIMEOUT, 60L)),
            runner);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    app.close();
  }

  private static String call(String name, String args) {
    return "{\"name\":\"" + name + "\",\"args\":" + args + "}";
  }

  @Test
  void chainsOfActionsThatCallQueriesAndMutationsAllEnd() throws Exception {
    runner.on(
        "nested",
        (call, host) -> {
          String args = new String(call.argsJson(), UTF_8);
          int depth = (int) Double.parseDouble(args.replaceAll("[^0-9.]", ""));
          // As the runner tells: it waits while it calls, and computes in between.
          host.parked(true);
          host.request("1.0/actions/mutation", call("data:add", "{\"room\":\"c\",\"text\":\"x\"}"));
          host.parked(false);
          host.parked(true);
          if (depth > 0) {
            host.request(
                "1.0/actions/action", call("acts:nested", "{\"depth\":" + (depth - 1) + "}"));
          }
          host.request("1.0/actions/query", call("data:list", "{\"room\":\"c\"}"));
          host.parked(false);
          return "" + depth;
        });
    List<Future<CallOutcome>> outcomes = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      outcomes.add(threads.submit(() -> app.action("acts:nested", "{\"depth\":3}")));
    }
    for (Future<CallOutcome> outcome : outcomes) {
      assertThat(value(outcome.get())).isEqualTo("3.0");
    }
    assertThat(app.queried("data:list", "{\"room\":\"c\"}").split("\"x\"", -1)).hasSize(8 * 4 + 1);
  }

  @Test
  void oneThatWaitsLetsAnotherBeginAndOneThatComputesDoesNot() throws Exception {
    CountDownLatch computing = new CountDownLatch(1);
    CountDownLatch mayWait = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    runner.on(
        "scripted",
        (_, host) -> {
          computing.countDown();
          mayWait.await();
          host.parked(true);
          mayEnd.await();
          host.parked(false);
          return "1";
        });
    runner.on("hidden", (_, _) -> "2");
    Future<CallOutcome> first = threads.submit(() -> app.action("acts:scripted", "{}"));
    computing.await();
    Future<CallOutcome> second =
        threads.submit(
            () ->
                app.application
                    .functions()
                    .action(DeployedTestApp.request(app.admin, "acts:hidden", "{}", null)));
    Awaitility.await()
        .during(Duration.ofMillis(100))
        .atMost(Duration.ofSeconds(5))
        .until(() -> !second.isDone());
    mayWait.countDown();
    assertThat(value(second.get())).isEqualTo("2.0");
    mayEnd.countDown();
    assertThat(value(first.get())).isEqualTo("1.0");
  }
}
