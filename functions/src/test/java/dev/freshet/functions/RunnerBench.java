package dev.freshet.functions;

import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.Arrays;

/** Prints what calls cost; run by hand. */
final class RunnerBench {
  private RunnerBench() {}

  public static void main(String[] args) throws InterruptedException {
    ModuleSet app = Fixtures.app("app");
    try (NodeFunctionRunner runner =
        new NodeFunctionRunner(
            new RunnerConfig(
                null, 1, Limits.defaults(), Clock.system(), MemoryBudget.unlimited()))) {
      StubHost host = new StubHost();
      host.answers = syscall -> SyscallResult.answer("{\"_id\":\"abc\",\"n\":1}");
      for (int round = 0; round < 2; round++) {
        measure(runner, host, "reused, nothing", Fixtures.query(app, "reused:nothing", "{}"), 0);
        measure(
            runner,
            host,
            "reused, 5 gets",
            Fixtures.query(app, "reused:five", "{\"id\":\"a\"}"),
            0);
        measure(
            runner,
            host,
            "fresh, 5 gets",
            Fixtures.query(app, "messages:five", "{\"id\":\"a\"}"),
            0);
        measure(
            runner,
            host,
            "prepared, 5 gets",
            Fixtures.query(app, "messages:five", "{\"id\":\"a\"}"),
            5);
      }
    }
  }

  private static void measure(
      NodeFunctionRunner runner, StubHost host, String name, FunctionCall call, long pauseMillis)
      throws InterruptedException {
    int calls = pauseMillis > 0 ? 300 : 2000;
    long[] nanos = new long[calls];
    runner.run(call, host);
    long cpu = cpu(runner);
    for (int i = 0; i < calls; i++) {
      if (pauseMillis > 0) {
        Thread.sleep(pauseMillis);
      }
      host.asked.clear();
      long start = System.nanoTime();
      runner.run(call, host);
      nanos[i] = System.nanoTime() - start;
    }
    cpu = cpu(runner) - cpu;
    Arrays.sort(nanos);
    System.out.printf(
        "%-20s p50 %6.1f µs, p90 %6.1f µs, runner CPU %6.1f µs a call%n",
        name, nanos[calls / 2] / 1e3, nanos[calls * 9 / 10] / 1e3, cpu / 1e3 / calls);
  }

  /** Of all processes: there may be more than one. */
  private static long cpu(NodeFunctionRunner runner) {
    return runner.pids().stream()
        .map(pid -> ProcessHandle.of(pid).flatMap(process -> process.info().totalCpuDuration()))
        .mapToLong(used -> used.orElse(Duration.ZERO).toNanos())
        .sum();
  }
}
