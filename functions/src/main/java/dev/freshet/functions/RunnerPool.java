package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runner processes, each owned by one platform thread that takes work from a common queue,
 * first come first served, urgent work before the rest. Between two pieces of work, when the queue
 * is empty, a thread has its process prepare for calls to come.
 *
 * <p>States of a thread: starting its process; working; preparing; waiting in the queue. A process
 * that dies is replaced by the thread that owned it before that takes more work.
 */
final class RunnerPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerPool.class);
  private static final long JOIN_SECONDS = 5;

  /** What all runners share. Thread-safe. */
  record Shared(
      Limits limits, CodeCaches codeCaches, ImportReads importReads, LargeFrames frames) {}

  /** Work in a runner. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * @throws RunnerDiedException if the process is gone; after any other exception it is idle
     */
    T run(RunnerSession session);

    /** Whether it goes before work that isn't. */
    default boolean isUrgent() {
      return false;
    }

    /**
     * Says what becomes of the work when its process died.
     *
     * @param fresh whether the process had done nothing before
     * @return the work's result, or null: it is to run again, in a new process
     * @throws FreshetException the work's failure
     */
    default @Nullable T died(RunnerDiedException death, boolean fresh) {
      throw FreshetException.internal(death.getMessage() + "", death);
    }
  }

  private static final class Job<T> {
    final Work<T> work;
    final CountDownLatch done = new CountDownLatch(1);
    volatile boolean abandoned;
    @Nullable T result;
    @Nullable Throwable failure;

    Job(Work<T> work) {
      this.work = work;
    }

    void fail(Throwable problem) {
      failure = problem;
      done.countDown();
    }
  }

  private final NodeInstallation node;
  private final Path script;
  private final Shared shared;
  private final OrphanGuard guard = new OrphanGuard();
  private final Supervisor supervisor = new Supervisor();
  private final LinkedBlockingDeque<Job<?>> queue = new LinkedBlockingDeque<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<@Nullable RunnerProcess> processes = new ArrayList<>();
  private volatile boolean closed;

  RunnerPool(NodeInstallation node, Path script, Shared shared, int runners) {
    this.node = node;
    this.script = script;
    this.shared = shared;
    for (int i = 0; i < runners; i++) {
      int index = i;
      processes.add(null);
      threads.add(Thread.ofPlatform().name("runner-" + i).daemon().unstarted(() -> serve(index)));
    }
    threads.forEach(Thread::start);
  }

  /** Runs work in the next free runner and waits for it. */
  <T> T run(Work<T> work) {
    Job<T> job = new Job<>(work);
    if (work.isUrgent()) {
      queue.addFirst(job);
    } else {
      queue.addLast(job);
    }
    if (closed) {
      failQueue();
    }
    try {
      job.done.await();
    } catch (InterruptedException e) {
      job.abandoned = true;
      Thread.currentThread().interrupt();
      throw FreshetException.internal("interrupted while a function ran", e);
    }
    switch (job.failure) {
      case null -> {
        @Nullable T result = job.result;
        if (result == null) {
          throw FreshetException.internal("work without a result", null);
        }
        return result;
      }
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw FreshetException.internal("work failed", e);
    }
  }

  private void serve(int index) {
    RunnerSession session = null;
    while (!closed) {
      if (session == null) {
        session = openOrFailNext(index);
        continue;
      }
      try {
        Job<?> job = next(session);
        if (job == null || job.abandoned || perform(job, session)) {
          continue;
        }
      } catch (InterruptedException e) {
        break;
      } catch (RuntimeException | Error e) {
        // Nobody waits for what failed, but nobody knows the state of the process either.
        LOG.info("A runner is replaced that failed to prepare for calls", e);
      }
      close(index, session);
      session = null;
    }
    if (session != null) {
      close(index, session);
    }
  }

  private @Nullable RunnerSession openOrFailNext(int index) {
    try {
      return open(index);
    } catch (RuntimeException e) {
      LOG.error("A runner can't be started", e);
      failNext(e);
      return null;
    }
  }

  private @Nullable Job<?> next(RunnerSession session) throws InterruptedException {
    Job<?> job = queue.poll();
    if (job != null) {
      return job;
    }
    return session.prepareAhead() ? null : queue.take();
  }

  private RunnerSession open(int index) {
    RunnerProcess process =
        RunnerProcess.start(node, script, shared.limits(), guard, shared.frames());
    synchronized (processes) {
      processes.set(index, process);
    }
    supervisor.add(process);
    return new RunnerSession(process, shared);
  }

  private void close(int index, RunnerSession session) {
    supervisor.remove(session.process());
    synchronized (processes) {
      processes.set(index, null);
    }
    session.process().close();
  }

  /** Returns whether the process lives on. */
  private <T> boolean perform(Job<T> job, RunnerSession session) {
    RunnerProcess process = session.process();
    boolean fresh = process.callsServed() == 0;
    process.countCall();
    try {
      job.result = job.work.run(session);
      job.done.countDown();
      return true;
    } catch (RunnerDiedException death) {
      bury(job, death, fresh);
      return false;
    } catch (RuntimeException | Error e) {
      job.fail(e);
      return true;
    } finally {
      process.forgetMessage();
    }
  }

  private <T> void bury(Job<T> job, RunnerDiedException death, boolean fresh) {
    try {
      if (closed || death.reason() == CauseOfDeath.CLOSED) {
        throw closing();
      }
      T result = job.work.died(death, fresh);
      if (result == null) {
        performAlone(job);
      } else {
        job.result = result;
        job.done.countDown();
      }
    } catch (RuntimeException | Error e) {
      job.fail(e);
    }
  }

  /** Runs work again, in a process of its own. */
  private <T> void performAlone(Job<T> job) {
    RunnerProcess process =
        RunnerProcess.start(node, script, shared.limits(), guard, shared.frames());
    supervisor.add(process);
    try {
      perform(job, new RunnerSession(process, shared));
    } finally {
      supervisor.remove(process);
      process.close();
    }
  }

  private static FreshetException closing() {
    return FreshetException.internal("the function runners are being closed", null);
  }

  private void failNext(RuntimeException problem) {
    try {
      Job<?> job = queue.poll(1, TimeUnit.SECONDS);
      if (job != null) {
        job.fail(problem);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void failQueue() {
    for (Job<?> job = queue.poll(); job != null; job = queue.poll()) {
      job.fail(closing());
    }
  }

  /** Ids of the running processes. */
  List<Long> pids() {
    synchronized (processes) {
      List<Long> pids = new ArrayList<>();
      for (RunnerProcess process : processes) {
        if (process != null) {
          pids.add(process.pid());
        }
      }
      return pids;
    }
  }

  @Override
  public void close() {
    closed = true;
    threads.forEach(Thread::interrupt);
    synchronized (processes) {
      for (RunnerProcess process : processes) {
        if (process != null && process.deadline() != 0) {
          process.kill(CauseOfDeath.CLOSED);
        }
      }
    }
    try {
      for (Thread thread : threads) {
        thread.join(TimeUnit.SECONDS.toMillis(JOIN_SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    failQueue();
    supervisor.close();
    guard.close();
  }
}
