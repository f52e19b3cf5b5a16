package dev.freshet.app;

import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.values.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Writes finished calls into the function log; the server's own functions are left out. */
final class CompletionRecorder {
  private final FunctionLog log;
  private final Clock clock;

  CompletionRecorder(FunctionLog log, Clock clock) {
    this.log = log;
    this.clock = clock;
  }

  /** When an attempt began. */
  static final class Timer {
    private final Clock clock;
    private String executionId = "";
    private long startMillis;
    private long startNanos;

    private Timer(Clock clock) {
      this.clock = clock;
      restart();
    }

    void restart() {
      executionId = newExecutionId();
      startMillis = clock.unixMillis();
      startNanos = clock.monotonicNanos();
    }

    String executionId() {
      return executionId;
    }

    long startMillis() {
      return startMillis;
    }

    Duration elapsed() {
      return Duration.ofNanos(clock.monotonicNanos() - startNanos);
    }
  }

  Timer start() {
    return new Timer(clock);
  }

  void record(
      FunctionPath path,
      Identity identity,
      RequestContext context,
      FunctionKind kind,
      Timer timer,
      Execution execution,
      boolean cached,
      FunctionCompletion.@Nullable Conflict conflict,
      boolean willRetry) {
    if (path.isSystem()) {
      return;
    }
    log.add(
        new FunctionCompletion(
            kind.wireName(),
            path.stripped(),
            identity,
            context,
            timer.executionId(),
            execution.logLines(),
            cached,
            cached ? 0 : clock.monotonicNanos() - timer.startNanos,
            cached ? null : execution.userTime(),
            execution.errorText(),
            cached ? FunctionCompletion.Usage.NONE : execution.usage(),
            execution.returnBytes(),
            timer.startMillis,
            conflict,
            willRetry,
            false,
            null,
            ModuleEnvironment.ISOLATE));
  }

  /**
   * Records a call whose lines were told while it ran.
   *
   * @param httpStatus of the response of an HTTP action
   */
  void record(ActionRun run, Execution execution, @Nullable Integer httpStatus) {
    log.add(
        new FunctionCompletion(
            run.kind(),
            run.identifier(),
            run.identity(),
            run.context(),
            run.timer().executionId(),
            execution.logLines(),
            false,
            run.timer().elapsed().toNanos(),
            execution.userTime(),
            execution.errorText(),
            execution.usage(),
            execution.returnBytes(),
            run.timer().startMillis(),
            null,
            false,
            true,
            httpStatus,
            run.environment()));
  }

  FunctionLog log() {
    return log;
  }

  /** Only tells executions apart: it need not be hard to guess. */
  private static String newExecutionId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new UUID(
            (random.nextLong() & 0xffffffffffff0fffL) | 0x4000L,
            (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L)
        .toString();
  }
}
