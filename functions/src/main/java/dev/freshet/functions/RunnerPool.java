package dev.freshet.functions;

import dev.freshet.functions.FairQueue.Entry;
import dev.freshet.functions.MemoryBudget.Place;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runner processes for queries and mutations, each owned by one platform thread that takes work
 * from the common {@link FairQueue}. Between two pieces of work, when there is none for it, a
 * thread has its process prepare for calls to come.
 *
 * <p>States of a runner: starting its process; working; preparing; idle (in {@code idle}, the
 * latest first, so that the others stay idle and end). A process that dies is replaced by the
 * thread that owned it before that takes more work.
 *
 * <p>There are as many runners as the configuration asks for while there is work for them. When
 * work waits and all of them have been busy for long, an extra one is started, up to twice the
 * cores and one, and takes work only while calls hold the others: for short calls more processes
 * than cores only take each other's place in the processor's caches. All but one end when they have
 * been idle for a while, or when memory is short. Where no process can be started at all, work
 * fails at once, and starting is tried again ever more rarely.
 *
 * <p>{@code lock} guards all state but a runner's own session. Hosts and other pools are never
 * called with it held.
 */
final class RunnerPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerPool.class);
  private static final long JOIN_SECONDS = 5;
  private static final long IDLE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long EXTRA_IDLE_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long FIRST_RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long LAST_RETRY_NANOS = Duration.ofSeconds(30).toNanos();

  /** What a process takes once it has worked for a while. */
  private static final long EXPECTED_BYTES = 120L << 20;

  /** A process that has grown to this many times its size at the start is replaced when idle. */
  private static final int GROWN = 2;

  /** What all runners share. Thread-safe. */
  record Shared(
      Limits limits, CodeCaches codeCaches, ImportReads importReads, LargeFrames frames) {}

  /** One thread and its process. */
  private final class Runner {
    final boolean extra;
    final @Nullable Place place;
    final Condition called = lock.newCondition();
    final Thread thread;
    @Nullable RunnerProcess process; // guarded by the lock
    boolean mustEnd; // guarded by the lock

    Runner(int number, boolean extra, @Nullable Place place) {
      this.extra = extra;
      this.place = place;
      this.thread =
          Thread.ofPlatform().name("runner-" + number).daemon().unstarted(() -> serve(this));
    }
  }

  private final NodeInstallation node;
  private final Path script;
  private final Shared shared;
  private final MemoryBudget memory;
  private final int usual;
  private final int most;
  private final OrphanGuard guard = new OrphanGuard();
  private final Supervisor supervisor;
  private final RunnerCounters counters = new RunnerCounters();
  private final ReentrantLock lock = new ReentrantLock();
  private final FairQueue<RunnerJob<?>> queue = new FairQueue<>();
  private final List<Runner> runners = new ArrayList<>();
  private final ArrayDeque<Runner> idle = new ArrayDeque<>();
  private int numbers;
  private int starting;
  private boolean closed;
  private @Nullable RuntimeException startFailure;
  private long retryDelay;
  private long nextStart;

  RunnerPool(NodeInstallation node, Path script, Shared shared, int runners, MemoryBudget memory) {
    this.node = node;
    this.script = script;
    this.shared = shared;
    this.memory = memory;
    this.usual = runners;
    this.most = Math.max(runners, 2 * Runtime.getRuntime().availableProcessors() + 1);
    this.supervisor = new Supervisor(this::tend);
    memory.whenShort(this::endIdle);
    for (int i = 0; i < runners; i++) {
      grow(i == 0, false);
    }
  }

  /** Runs work in the next free runner and waits for it. */
  <T> T run(RunnerWork<T> work) {
    RunnerJob<T> job = new RunnerJob<>(work);
    RuntimeException refusal = enqueue(job);
    if (refusal != null) {
      throw refusal;
    }
    return job.await();
  }

  private @Nullable RuntimeException enqueue(RunnerJob<?> job) {
    lock.lock();
    try {
      if (closed) {
        return closing();
      }
      if (startFailure != null && isWithoutProcess()) {
        return startFailure;
      }
      queue.add(job.work.function(), job.work.isUrgent(), job, System.nanoTime());
      if (!callIdle() && runners.size() < usual) {
        supervisor.wake();
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private boolean isWithoutProcess() {
    return runners.stream().allMatch(runner -> runner.process == null);
  }

  private boolean callIdle() {
    boolean held = queue.areHeld(System.nanoTime());
    for (Runner next : idle) {
      if (!next.extra || held) {
        idle.remove(next);
        next.called.signal();
        return true;
      }
    }
    return false;
  }

  /** What is to be done every few milliseconds, by the supervisor's thread. */
  private void tend(long now) {
    List<RunnerJob<?>> expired;
    List<RunnerJob<?>> heldBack;
    boolean grow;
    boolean extra;
    boolean first;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      expired = queue.size() == 0 ? List.of() : queue.takeExpired(now);
      heldBack = queue.size() == 0 ? List.of() : queue.heldBack(now);
      boolean waits = queue.size() > 0;
      if (waits) {
        callIdle(); // what nobody could take may be for somebody now
      }
      first = runners.isEmpty();
      boolean needed = waits && idle.isEmpty() && runners.size() < usual;
      extra = waits && runners.size() >= usual && runners.size() < most && queue.wantsAnother(now);
      grow = starting == 0 && now - nextStart >= 0 && (first || needed || extra);
    } finally {
      lock.unlock();
    }
    heldBack.forEach(RunnerJob::park);
    expired.forEach(job -> job.fail(tooMany(job.work.function())));
    if (grow) {
      grow(first, extra);
    }
  }

  private static FreshetException tooMany(String function) {
    return new FreshetException(
        ErrorClass.RATE_LIMITED,
        "TooManyConcurrentRequests",
        "Too many concurrent requests of "
            + function
            + ", which had to be stopped before: such functions run one at a time.");
  }

  /** Adds a runner if there is memory for it; the first one always. */
  private void grow(boolean first, boolean extra) {
    Place place = memory.tryTake(MemoryBudget.Owner.DATABASE, EXPECTED_BYTES);
    if (place == null && !first) {
      return;
    }
    Runner runner = null;
    lock.lock();
    try {
      if (!closed) {
        runner = new Runner(numbers++, extra, place);
        runners.add(runner);
        starting++;
      }
    } finally {
      lock.unlock();
    }
    if (runner != null) {
      runner.thread.start();
    } else if (place != null) {
      place.close();
    }
  }

  private void serve(Runner runner) {
    RunnerSession session = openFirst(runner);
    while (session != null) {
      try {
        Entry<RunnerJob<?>> entry = next(runner, session);
        if (entry == null) {
          break;
        }
        if (perform(entry, session)) {
          continue;
        }
      } catch (InterruptedException e) {
        break;
      } catch (RuntimeException | Error e) {
        // Nobody waits for what failed, but nobody knows the state of the process either.
        if (!isClosed()) {
          LOG.info("A runner is replaced that failed to prepare for calls: {}", e.getMessage());
        }
      }
      close(runner, session);
      session = isClosed() ? null : open(runner);
    }
    if (session != null) {
      close(runner, session);
    }
    leave(runner);
  }

  private @Nullable RunnerSession openFirst(Runner runner) {
    try {
      return open(runner);
    } finally {
      lock.lock();
      try {
        starting--;
      } finally {
        lock.unlock();
      }
    }
  }

  /** Null if no process can be started. */
  private @Nullable RunnerSession open(Runner runner) {
    try {
      RunnerProcess process = RunnerProcess.start(node, script, shared, guard, supervisor);
      counters.started();
      lock.lock();
      try {
        runner.process = process;
        if (startFailure != null) {
          startFailure = null;
          retryDelay = 0;
          LOG.info("Function runners can be started again");
        }
      } finally {
        lock.unlock();
      }
      return new RunnerSession(process, shared);
    } catch (RuntimeException e) {
      startFailed(e);
      return null;
    }
  }

  private void startFailed(RuntimeException failure) {
    List<RunnerJob<?>> failed = List.of();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      retryDelay = Math.clamp(retryDelay * 2, FIRST_RETRY_NANOS, LAST_RETRY_NANOS);
      nextStart = System.nanoTime() + retryDelay;
      if (startFailure == null) {
        LOG.error("No function runner can be started: {}", failure.getMessage());
      }
      startFailure = failure;
      if (isWithoutProcess()) {
        failed = queue.drain();
      }
    } finally {
      lock.unlock();
    }
    failed.forEach(job -> job.fail(failure));
  }

  /** Waits for work, preparing for it meanwhile; null when the runner is to end. */
  private @Nullable Entry<RunnerJob<?>> next(Runner runner, RunnerSession session)
      throws InterruptedException {
    for (; ; ) {
      Entry<RunnerJob<?>> entry = poll(runner);
      if (entry != null) {
        return entry;
      }
      if (!runner.extra && session.prepareAhead()) {
        counters.prepared();
        continue;
      }
      lock.lock();
      try {
        if (closed || runner.mustEnd) {
          return null;
        }
        entry = poll(runner);
        if (entry != null) {
          return entry;
        }
        if (!await(runner) && isSuperfluous(runner, session)) {
          return null;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private @Nullable Entry<RunnerJob<?>> poll(Runner runner) {
    long now = System.nanoTime();
    lock.lock();
    try {
      boolean idles = closed || queue.size() == 0 || (runner.extra && !queue.areHeld(now));
      return idles ? null : queue.poll(now, runners.size());
    } finally {
      lock.unlock();
    }
  }

  /** Waits until called (or for no reason: the caller looks again); false if that takes long. */
  @SuppressWarnings("WaitNotInLoop")
  private boolean await(Runner runner) throws InterruptedException {
    idle.addFirst(runner);
    try {
      return runner.called.awaitNanos(runner.extra ? EXTRA_IDLE_NANOS : IDLE_NANOS) > 0;
    } finally {
      idle.remove(runner);
    }
  }

  /** Whether an idle runner is to end: the last one only if another one would be smaller. */
  private boolean isSuperfluous(Runner runner, RunnerSession session) {
    if (runners.stream().filter(other -> !other.mustEnd).count() > 1) {
      runner.mustEnd = true;
      return true;
    }
    return session.process().hasGrown(GROWN);
  }

  private void endIdle() {
    lock.lock();
    try {
      for (Runner runner : idle) {
        if (runners.stream().filter(other -> !other.mustEnd).count() > 1) {
          runner.mustEnd = true;
          runner.called.signal();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void close(Runner runner, RunnerSession session) {
    lock.lock();
    try {
      runner.process = null;
    } finally {
      lock.unlock();
    }
    session.process().close();
  }

  private void leave(Runner runner) {
    lock.lock();
    try {
      runners.remove(runner);
    } finally {
      lock.unlock();
    }
    if (runner.place != null) {
      runner.place.close();
    }
    supervisor.wake();
  }

  /** Returns whether the process lives on. */
  private boolean perform(Entry<RunnerJob<?>> entry, RunnerSession session) {
    RunnerJob<?> job = entry.item;
    try {
      job.begin();
      if (job.isAbandoned()) {
        return true;
      }
      if (job.work.isGone()) {
        job.fail(
            new FreshetException(
                ErrorClass.CLIENT_DISCONNECT,
                "ClientDisconnected",
                "The caller left before its call could begin."));
        return true;
      }
      return perform(job, entry, session);
    } finally {
      lock.lock();
      try {
        queue.done(entry, System.nanoTime());
      } finally {
        lock.unlock();
      }
    }
  }

  private <T> boolean perform(RunnerJob<T> job, Entry<RunnerJob<?>> entry, RunnerSession session) {
    RunnerProcess process = session.process();
    boolean fresh = process.callsServed() == 0;
    process.countCall();
    counters.called();
    try {
      job.complete(job.work.run(session));
      return true;
    } catch (RunnerDiedException death) {
      counters.died(death.reason());
      bury(job, entry, death, fresh);
      return false;
    } catch (RuntimeException | Error e) {
      job.fail(e);
      return true;
    } finally {
      process.forgetMessage();
    }
  }

  private <T> void bury(
      RunnerJob<T> job, Entry<RunnerJob<?>> entry, RunnerDiedException death, boolean fresh) {
    try {
      if (death.reason() == CauseOfDeath.CLOSED || isClosed()) {
        throw closing();
      }
      if (death.reason().isTheCalls()) {
        lock.lock();
        try {
          queue.killed(entry, System.nanoTime());
        } finally {
          lock.unlock();
        }
      }
      T result = job.work.died(death, fresh);
      if (result == null) {
        performAlone(job, entry);
      } else {
        job.complete(result);
      }
    } catch (RuntimeException | Error e) {
      job.fail(e);
    }
  }

  /** Runs work again, in a process of its own. */
  private <T> void performAlone(RunnerJob<T> job, Entry<RunnerJob<?>> entry) {
    RunnerProcess process = RunnerProcess.start(node, script, shared, guard, supervisor);
    counters.started();
    try {
      perform(job, entry, new RunnerSession(process, shared));
    } finally {
      process.close();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private static FreshetException closing() {
    return FreshetException.internal("the function runners are being closed", null);
  }

  /** Ids of the running processes. */
  List<Long> pids() {
    lock.lock();
    try {
      List<Long> pids = new ArrayList<>();
      for (Runner runner : runners) {
        if (runner.process != null) {
          pids.add(runner.process.pid());
        }
      }
      return pids;
    } finally {
      lock.unlock();
    }
  }

  RunnerStats stats() {
    int waiting;
    long oldest;
    lock.lock();
    try {
      waiting = queue.size();
      oldest = queue.oldestWait(System.nanoTime());
    } finally {
      lock.unlock();
    }
    return counters.stats(pids(), waiting, Duration.ofNanos(oldest));
  }

  @Override
  public void close() {
    List<Runner> all;
    List<RunnerJob<?>> left;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(runners);
      left = queue.drain();
      for (Runner runner : all) {
        runner.called.signalAll();
        if (runner.process != null && runner.process.deadline() != 0) {
          runner.process.kill(CauseOfDeath.CLOSED);
        }
      }
    } finally {
      lock.unlock();
    }
    left.forEach(job -> job.fail(closing()));
    all.forEach(runner -> runner.thread.interrupt());
    try {
      for (Runner runner : all) {
        runner.thread.join(TimeUnit.SECONDS.toMillis(JOIN_SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    supervisor.close();
    guard.close();
  }
}
