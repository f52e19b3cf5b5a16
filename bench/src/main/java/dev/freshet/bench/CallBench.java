package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.sun.management.OperatingSystemMXBean;
import dev.freshet.app.Application;
import dev.freshet.app.ApplicationConfig;
import dev.freshet.app.CallOutcome;
import dev.freshet.app.Caller;
import dev.freshet.app.FunctionPath;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationRequest;
import dev.freshet.app.QueryRequest;
import dev.freshet.app.RequestContext;
import dev.freshet.bench.Report.Measure;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Calls without HTTP around them: what they cost the server and its runners, and how long their
 * caller waits. Everything else is real: transactions over SQLite, pre-flight, results, the
 * function log. One after another, each exchange with a runner wakes a sleeping processor, which
 * shows in the costs; several at once show what the calls themselves cost.
 */
final class CallBench implements Benchmark {
  private static final long PAUSE_NANOS = Duration.ofMillis(6).toNanos();
  private static final int CALLERS = 8;

  private @Nullable Application application;
  private String id = "";
  private final AtomicInteger nonce = new AtomicInteger();

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    Path data = Files.createDirectories(setting.directory().resolve("calls"));
    try (ServerProcess server = ServerProcess.start(dev.freshet.server.Main.class, data)) {
      server.push(setting.app());
    }
    ApplicationConfig config =
        new ApplicationConfig(
            data,
            ServerProcess.credentials(),
            "http://127.0.0.1:3210",
            "http://127.0.0.1:3211",
            false,
            Limits.defaults(),
            Clock.system());
    try (Application opened = Application.open(config)) {
      application = opened;
      id = mutation("calls:create", "{}").strip();
      both(setting, report, "5 host calls, reused context", true, "callsReused:five");
      both(setting, report, "5 host calls, fresh context", true, "calls:five");
      row(setting, report, "5 host calls, prepared context", true, "calls:five", 1, PAUSE_NANOS);
      both(setting, report, "mutation, 10 reads inline", false, "callsReused:inline");
      both(setting, report, "mutation, 10 nested queries", false, "callsReused:nested");
    }
  }

  private void both(Setting setting, Report report, String name, boolean query, String path)
      throws InterruptedException {
    row(setting, report, name + ", one at a time", query, path, 1, 0);
    int callers = setting.clientsOr(CALLERS);
    row(setting, report, name + ", " + callers + " at once", query, path, callers, 0);
  }

  private void row(
      Setting setting,
      Report report,
      String name,
      boolean query,
      String path,
      int callers,
      long pause)
      throws InterruptedException {
    if (!setting.wants(name)) {
      return;
    }
    calls(callers, query, path, pause, setting.warmUp());
    long runners = runnerCpu();
    long server = serverCpu();
    long[] nanos = calls(callers, query, path, pause, setting.measured());
    server = serverCpu() - server;
    runners = runnerCpu() - runners;
    Arrays.sort(nanos);
    report.add(
        name,
        query ? Report.NOTHING_STORED : "full",
        List.of(
            new Measure("per second", nanos.length / (setting.measured().toNanos() / 1e9), 0),
            new Measure("server CPU µs", server / 1e3 / nanos.length, 0),
            new Measure("runner CPU µs", runners / 1e3 / nanos.length, 0),
            new Measure("p50 µs", nanos[nanos.length / 2] / 1e3, 0),
            new Measure("p90 µs", nanos[nanos.length * 9 / 10] / 1e3, 0)));
  }

  /** How long each call took that one of the callers made within the time. */
  private long[] calls(int callers, boolean query, String path, long pause, Duration time)
      throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<long[]>> loops =
          threads.invokeAll(Collections.nCopies(callers, () -> calls(query, path, pause, time)));
      return loops.stream().map(Future::resultNow).flatMapToLong(LongStream::of).toArray();
    }
  }

  private long[] calls(boolean query, String path, long pause, Duration time) {
    LongStream.Builder nanos = LongStream.builder();
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      if (pause > 0) {
        LockSupport.parkNanos(pause);
      }
      String args = "{\"id\":" + id + ",\"nonce\":" + nonce.getAndIncrement() + "}";
      long start = System.nanoTime();
      String result = query ? query(path, args) : mutation(path, args);
      nanos.add(System.nanoTime() - start);
      if (result.isEmpty()) {
        throw new IllegalStateException(path + " gave no result");
      }
    }
    return nanos.build().toArray();
  }

  private String query(String path, String args) {
    QueryRequest request =
        new QueryRequest(
            FunctionPath.parse(path),
            args.getBytes(UTF_8),
            new Identity.Unknown(null),
            null,
            null,
            null,
            context());
    return text(path, requireNonNull(application).functions().query(request).outcome());
  }

  private String mutation(String path, String args) {
    MutationRequest request =
        new MutationRequest(
            FunctionPath.parse(path),
            args.getBytes(UTF_8),
            new Identity.Unknown(null),
            null,
            context());
    return text(path, requireNonNull(application).functions().mutation(request).outcome());
  }

  private static RequestContext context() {
    return RequestContext.of("bench", Caller.HTTP_API);
  }

  private static String text(String path, CallOutcome outcome) {
    if (outcome instanceof CallOutcome.Success success) {
      return new String(success.value(), UTF_8);
    }
    throw new IllegalStateException(path + ": " + outcome);
  }

  private static long serverCpu() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long runnerCpu() {
    return ProcessHandle.current()
        .descendants()
        .mapToLong(process -> process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos())
        .sum();
  }
}
