package dev.freshet.app;

import dev.freshet.functions.FunctionKind;
import dev.freshet.values.Clock;
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
    private long startMillis;
    private long startNanos;

    private Timer(Clock clock) {
      this.clock = clock;
      restart();
    }

    void restart() {
      startMillis = clock.unixMillis();
      startNanos = clock.monotonicNanos();
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
            path,
            identity,
            context,
            executionId(),
            execution.logLines(),
            cached,
            cached ? 0 : clock.monotonicNanos() - timer.startNanos,
            cached ? null : execution.userTime(),
            execution.errorText(),
            cached ? FunctionCompletion.Usage.NONE : execution.usage(),
            execution.returnBytes(),
            timer.startMillis,
            conflict,
            willRetry));
  }

  /** Only tells executions apart: it need not be hard to guess. */
  private static String executionId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new UUID(
            (random.nextLong() & 0xffffffffffff0fffL) | 0x4000L,
            (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L)
        .toString();
  }
}
