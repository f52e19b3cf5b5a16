package dev.freshet.functions;

import dev.freshet.functions.RunnerDiedException.Cause;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
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
  private static final int PATIENCE = 10;

  /** What was seen of a runner's present stretch of JavaScript, by its first deadline. */
  private record Seen(long deadline, long firstSeen, long cpuThen) {}

  private final Map<RunnerProcess, Seen> runners = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile boolean closed;

  Supervisor() {
    thread = Thread.ofPlatform().name("runner-supervisor").daemon().start(this::watch);
  }

  void add(RunnerProcess runner) {
    runners.put(runner, new Seen(0, 0, 0));
  }

  void remove(RunnerProcess runner) {
    runners.remove(runner);
  }

  private void watch() {
    while (!closed) {
      LockSupport.parkNanos(this, TICK_NANOS);
      long now = System.nanoTime();
      for (Map.Entry<RunnerProcess, Seen> entry : runners.entrySet()) {
        check(entry.getKey(), entry.getValue(), now);
      }
    }
  }

  private void check(RunnerProcess runner, Seen seen, long now) {
    long deadline = runner.deadline();
    if (deadline == 0) {
      return;
    }
    if (seen.deadline() != deadline) {
      runners.replace(runner, seen, new Seen(deadline, now, runner.cpuTime()));
      return;
    }
    if (now < deadline) {
      return;
    }
    long cpu = runner.cpuTime();
    long wanted = deadline - seen.firstSeen();
    long missing = cpu < 0 || seen.cpuThen() < 0 ? 0 : wanted - (cpu - seen.cpuThen());
    if (missing > TICK_NANOS && now - seen.firstSeen() < wanted * PATIENCE) {
      long later = now + missing;
      runner.extend(deadline, later);
      runners.replace(runner, seen, new Seen(later, now, cpu));
      return;
    }
    if (runner.kill(Cause.USER_TIMEOUT)) {
      LOG.info("Ended runner {}: its function ran for too long", runner.pid());
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
