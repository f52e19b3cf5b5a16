package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.functions.FunctionOutcome.Failure;
import dev.freshet.functions.FunctionOutcome.Success;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeFramesTest {
  private static final int MIB = 1 << 20;
  private static final Limits LIMITS = Limits.defaults();

  private static NodeFunctionRunner open(int runners, LargeFrames frames) {
    return new NodeFunctionRunner(
        new RunnerConfig(null, runners, LIMITS, Clock.system(), MemoryBudget.unlimited()), frames);
  }

  private static FunctionOutcome run(NodeFunctionRunner runner, String body, StubHost host) {
    FunctionCall call = Fixtures.query(Script.query(body), "test:f", "{}");
    CallLimits patient = new CallLimits(Duration.ofMinutes(1), Duration.ofMinutes(1));
    return runner.run(LimitsTest.limited(call, patient), host);
  }

  @Test
  void admitsInTurnAndLosesNothing() throws Exception {
    LargeFrames frames = new LargeFrames(64 * MIB, LIMITS);
    int first = frames.take(7 * MIB);
    try (var waiters = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Integer> large = waiters.submit(() -> frames.take(8 * MIB));
      assertThat(large).isNotDone();
      frames.giveBack(first);
      frames.giveBack(large.get());
      frames.giveBack(waiters.submit(() -> frames.take(Integer.MAX_VALUE)).get());
    }
    assertThat(frames.takenKib()).isZero();
  }

  @Test
  void holdsManyLargeMessagesToTheirShare() throws Exception {
    LargeFrames frames = new LargeFrames(64 * MIB, LIMITS);
    AtomicInteger most = new AtomicInteger();
    try (NodeFunctionRunner runner = open(3, frames);
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> calls = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        calls.add(
            callers.submit(
                () -> {
                  StubHost host = new StubHost();
                  host.answers =
                      syscall -> {
                        most.accumulateAndGet(frames.takenKib(), Math::max);
                        return SyscallResult.answer("1");
                      };
                  String body = "const s = 'x'.repeat(5 << 20); await call('a', {s}); return s;";
                  return run(runner, body, host) instanceof Success success
                      && success.resultJson().length == 5 * MIB + 2;
                }));
      }
      for (Future<Boolean> call : calls) {
        assertThat(call.get()).isTrue();
      }
      assertThat(most.get()).isBetween(20 << 10, 32 << 10);
      await().until(() -> frames.takenKib() == 0);
    }
  }

  @Test
  void runnersRefuseWhatIsTooLargeToSend() {
    LargeFrames frames = new LargeFrames(64 * MIB, LIMITS);
    assertThat(frames.largest()).isEqualTo(8 * MIB);
    StubHost host = new StubHost();
    try (NodeFunctionRunner runner = open(1, frames)) {
      assertThat(run(runner, "return 'x'.repeat(20 << 20);", host))
          .isInstanceOfSatisfying(
              Failure.class,
              failure ->
                  assertThat(failure.error().message())
                      .isEqualTo(
                          "Function test.js:f return value is too large (actual: 20.00 MiB, limit:"
                              + " 16 MiB)"));
      List<Long> pids = runner.pids();
      String caught =
          "const s = 'x'.repeat(9 << 20); try { await call('a', {s}); } catch (e) { return"
              + " e.message; }";
      assertThat(text(run(runner, caught, host))).contains("Too many concurrent operations");
      assertThat(text(run(runner, caught.replace("await call", "Convex.syscall"), host)))
          .contains("two strings");
      String many =
          "const calls = []; for (let i = 0; i < 7e4; i++) calls.push(call('a')); return (await"
              + " Promise.allSettled(calls)).filter((r) => r.status === 'rejected').length;";
      assertThat(text(run(runner, many, host))).isEqualTo("4464");
      assertThat(runner.pids()).isEqualTo(pids);
    }
  }

  private static String text(FunctionOutcome outcome) {
    return outcome instanceof Success success
        ? new String(success.resultJson(), UTF_8)
        : outcome.toString();
  }

  @Test
  void endsAProcessThatSendsMoreThanARunnerMay(@TempDir Path directory) throws Exception {
    Path script = directory.resolve("liar.cjs");
    Files.writeString(
        script,
        """
        const fs = require("node:fs");
        fs.readSync(0, Buffer.alloc(1000));
        const ready = Buffer.from([3, 0, 0, 0, 1, %d, 0]);
        const done = Buffer.from([255, 255, 255, 127, 8, 0, 0, 0]);
        fs.writeSync(1, Buffer.concat([ready, done]));
        fs.readSync(0, Buffer.alloc(1000));
        """
            .formatted(RunnerProtocol.VERSION));
    LargeFrames frames = new LargeFrames(64 * MIB, LIMITS);
    RunnerPool.Shared shared =
        new RunnerPool.Shared(
            LIMITS, new CodeCaches(directory.resolve("code")), new ImportReads(), frames);
    try (OrphanGuard guard = new OrphanGuard();
        Supervisor supervisor = new Supervisor(_ -> {});
        RunnerProcess process =
            RunnerProcess.start(
                NodeInstallation.find(null), script.toRealPath(), shared, guard, supervisor)) {
      assertThatThrownBy(process::receive)
          .isInstanceOfSatisfying(
              RunnerDiedException.class,
              death -> assertThat(death.reason()).isEqualTo(CauseOfDeath.PROTOCOL));
      await().until(() -> !process.isAlive());
    }
    assertThat(frames.takenKib()).isZero();
  }
}
