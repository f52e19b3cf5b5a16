package dev.freshet.functions;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends runners whose JavaScript takes too long. The limit is on what the call computes, so a runner
 * that got less than its processor time, on a machine that is busy otherwise, is given more, up to
 * {@link #PATIENCE} times the limit.
 */
final class Supervisor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final long TICK_NANOS = Duration.ofMillis(20).toNanos();
  private static final int PATIENCE = 4;

  /**
   * What was seen of a runner's present stretch of JavaScript.
   *
   * @param deadline the deadline in force, by which the stretch is known again
   * @param start when it was first seen
   * @param cpuAtStart processor time of the process then
   * @param wanted time that it had left then
   */
  private record Seen(long deadline, long start, long cpuAtStart, long wanted) {}

  private final Map<RunnerProcess, Seen> runners = new ConcurrentHashMap<>();
  private final LongConsumer tend;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param tend what else is to be done at each look, with the {@code System.nanoTime()}
   */
  Supervisor(LongConsumer tend) {
    this.tend = tend;
    thread = Thread.ofPlatform().name("runner-supervisor").daemon().start(this::watch);
  }

  void add(RunnerProcess runner) {
    runners.put(runner, new Seen(0, 0, 0, 0));
  }

  void remove(RunnerProcess runner) {
    runners.remove(runner);
  }

  /** Has the next look come soon. */
  void wake() {
    LockSupport.unpark(thread);
  }

  private void watch() {
    while (!closed) {
      LockSupport.parkNanos(this, TICK_NANOS);
      long now = System.nanoTime();
      for (Map.Entry<RunnerProcess, Seen> entry : runners.entrySet()) {
        check(entry.getKey(), entry.getValue(), now);
      }
      try {
        tend.accept(now);
      } catch (RuntimeException e) {
        LOG.error("The function runners could not be looked after", e);
      }
    }
  }

  private void check(RunnerProcess runner, Seen seen, long now) {
    if (runner.isLateToStart(now)) {
      runner.kill(CauseOfDeath.HUNG_AT_START);
      return;
    }
    long deadline = runner.deadline();
    if (deadline == 0) {
      return;
    }
    if (seen.deadline() != deadline) {
      runners.replace(runner, seen, new Seen(deadline, now, runner.cpuTime(), deadline - now));
      return;
    }
    if (now < deadline) {
      return;
    }
    long missing = missingTime(runner, seen);
    if (missing > TICK_NANOS && now - seen.start() < seen.wanted() * PATIENCE) {
      runner.extend(deadline, now + missing);
      runners.replace(
          runner, seen, new Seen(now + missing, seen.start(), seen.cpuAtStart(), seen.wanted()));
      return;
    }
    if (runner.kill(CauseOfDeath.USER_TIMEOUT)) {
      LOG.info("Ended runner {}: its function ran for too long", runner.pid());
    }
  }

  /** Processor time that the stretch has not got; 0 where the platform can't tell. */
  private static long missingTime(RunnerProcess runner, Seen seen) {
    long cpu = runner.cpuTime();
    return cpu < 0 || seen.cpuAtStart() < 0 ? 0 : seen.wanted() - (cpu - seen.cpuAtStart());
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
