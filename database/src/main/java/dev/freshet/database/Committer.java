package dev.freshet.database;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.UnsureWriteException;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts transactions into one order and makes them durable, in groups (spec 40 §7.4-7.6).
 *
 * <p>Design. A transaction goes through three hands:
 *
 * <ol>
 *   <li>the caller's thread computes everything that can be computed beforehand, checks the read
 *       set against what is published, and queues the request (bounded; a full queue is refused);
 *   <li>the <b>sequencer</b> thread takes requests one by one, checks them against every commit
 *       that got its timestamp since, published or not, assigns the timestamp, appends to the write
 *       log, and adds the request to the next group;
 *   <li>the <b>writer</b> thread takes the whole next group, writes it in one durable step,
 *       publishes it, and answers the callers. While it writes, the sequencer fills the group after
 *       it: the longer a write takes, the more commits share the next one.
 * </ol>
 *
 * <p>Invariants. (1) Timestamps are assigned, written and published in the same order. (2) Nobody
 * is answered before the write is durable and published. (3) A conflict with a commit that isn't
 * durable yet counts; if that commit then fails, the loser has run once too often, which is
 * harmless. (4) A transaction sees published commits only, so one that passes its check never
 * depends on a commit that may still fail. The exception is one that was begun ahead ({@link
 * Database#beginAhead}), on top of commits that got their timestamps: it is tied to them. They are
 * written before it or together with it, and if one of them fails, it isn't written either; one
 * that has nothing to write waits for them before anybody is told what it saw.
 *
 * <p>States. RUNNING: takes requests. A group whose write failed for certain fails its callers with
 * a system error and leaves no trace; the committer goes on. STOPPED: after a write whose outcome
 * is unknown no later write may be accepted, as its order with the unknown one can't be told; the
 * group, all that wait, and every later request get a system error until the database is opened
 * again, which shows what was written. Reads go on. CLOSED: after {@link #close}, which finishes
 * what was queued.
 *
 * <p>Locks. {@code lock} guards the next group and the two conditions; it is never held during a
 * write or a check. Nothing else is locked while it is held.
 */
final class Committer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Committer.class);

  /** A commit that has its timestamp. */
  record Assigned(CommitRequest request, long timestamp, WriteLog.Entry entry) {
    /** Whether it has failed, or is going to, as something it saw has. */
    boolean isDoomed() {
      return entry.failed || request.seen.hasFailed();
    }
  }

  private final Persistence persistence;
  private final Clock clock;
  private final WriteLog log;
  private final BiConsumer<CommitRequest, WriteLog.Entry> publisher;
  private final Runnable afterGroup;
  private final ArrayBlockingQueue<CommitRequest> queue;
  private final long queueTimeoutMillis;
  private final int largestGroup;
  private final Thread sequencer;
  private final Thread writer;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition groupChanged = lock.newCondition();
  private final Condition resolvedChanged = lock.newCondition();
  private List<Assigned> next = new ArrayList<>();
  private List<Assigned> beingWritten = List.of();
  private boolean sequencerDone;
  private long resolvedThrough;

  private long lastTimestamp;
  private volatile @Nullable Throwable stoppedBy;
  private volatile boolean closed;

  /**
   * @param publisher makes a durable commit visible; called by the writer thread in order
   * @param afterGroup called by the writer thread when a group is published, before it is answered
   */
  Committer(
      Persistence persistence,
      Clock clock,
      Limits limits,
      WriteLog log,
      BiConsumer<CommitRequest, WriteLog.Entry> publisher,
      Runnable afterGroup) {
    this.persistence = persistence;
    this.clock = clock;
    this.log = log;
    this.publisher = publisher;
    this.afterGroup = afterGroup;
    this.queue = new ArrayBlockingQueue<>(limits.getInt(Limit.COMMITTER_QUEUE_SIZE));
    this.queueTimeoutMillis = limits.get(Limit.SEND_COMMIT_MESSAGE_TIMEOUT_MILLIS);
    this.largestGroup = limits.getInt(Limit.COMMITTER_MAX_CONCURRENT_COMMITS);
    this.lastTimestamp = log.last().timestamp;
    this.resolvedThrough = lastTimestamp;
    this.sequencer = Thread.ofPlatform().name("freshet-committer").daemon().start(this::sequence);
    this.writer = Thread.ofPlatform().name("freshet-writer").daemon().start(this::write);
  }

  /** Queues a request and waits for its outcome. */
  long commit(CommitRequest request) {
    requireRunning();
    try {
      if (!queue.offer(request, queueTimeoutMillis, TimeUnit.MILLISECONDS)) {
        throw new FreshetException(
            ErrorClass.OVERLOADED,
            "CommitterFullError",
            "Too many concurrent commits in a short time; back off and try again.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FreshetException.internal("interrupted while queueing a commit", e);
    }
    if ((closed || stoppedBy != null) && queue.remove(request)) { // nobody may be left to take it
      requireRunning();
    }
    try {
      return switch (request.outcome.join()) {
        case CommitRequest.Outcome.Committed(long timestamp) -> timestamp;
        case CommitRequest.Outcome.Conflict(WriteLog.Hit hit) ->
            throw Conflicts.exception(hit, request.source);
      };
    } catch (CompletionException e) {
      if (e.getCause() instanceof FreshetException failure) {
        throw failure;
      }
      throw FreshetException.internal("a commit failed", e.getCause());
    }
  }

  private void requireRunning() {
    Throwable cause = stoppedBy;
    if (cause != null) {
      throw stoppedError(cause);
    }
    if (closed) {
      throw closedError();
    }
  }

  private static FreshetException closedError() {
    return FreshetException.internal("the database is closed", null);
  }

  static FreshetException doomedError() {
    return FreshetException.internal(
        "the commit could not be written, as one before it couldn't", null);
  }

  private static FreshetException unsureError(Throwable cause) {
    return new UnsureWriteException("it is unknown whether the commit took effect", cause);
  }

  private static FreshetException stoppedError(Throwable cause) {
    return FreshetException.internal(
        "the committer has stopped after a write whose outcome is unknown", cause);
  }

  /** Waits until the commit that got a timestamp is published or has failed. */
  void awaitResolved(long timestamp) {
    lock.lock();
    try {
      while (resolvedThrough < timestamp && stoppedBy == null && !closed) {
        resolvedChanged.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void sequence() {
    try {
      for (CommitRequest request = take(); request != null; request = take()) {
        sequence(request);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("the committer has failed", e);
      stop(e);
    } finally {
      lock.lock();
      try {
        sequencerDone = true;
        groupChanged.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** The next request; null once closed and nothing is left. */
  private @Nullable CommitRequest take() {
    while (true) {
      CommitRequest request = queue.poll();
      if (request != null || closed) {
        return request;
      }
      try {
        return queue.take();
      } catch (InterruptedException e) {
        // close() interrupts, to have the state looked at again
      }
    }
  }

  private void sequence(CommitRequest request) {
    Throwable cause = stoppedBy;
    if (cause != null) {
      request.outcome.completeExceptionally(stoppedError(cause));
      return;
    }
    WriteLog.Hit hit =
        WriteLog.firstConflict(
            request.validatedThrough, Long.MAX_VALUE, request.reads, request.seen);
    if (hit != null) {
      request.outcome.complete(new CommitRequest.Outcome.Conflict(hit));
      return;
    }
    lastTimestamp = Math.max(lastTimestamp + 1, clock.unixNanos());
    WriteLog.Entry entry = request.logEntry(lastTimestamp);
    log.append(entry);
    lock.lock();
    try {
      next.add(new Assigned(request, lastTimestamp, entry));
      groupChanged.signalAll();
    } finally {
      lock.unlock();
    }
    request.onAssigned.run();
    lock.lock();
    try {
      while (next.size() >= largestGroup && stoppedBy == null) {
        groupChanged.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    while (true) {
      List<Assigned> group = takeGroup();
      if (group.isEmpty()) {
        return;
      }
      try {
        write(group);
      } catch (RuntimeException | Error e) {
        LOG.error("publishing a commit has failed", e);
        stop(e);
        fail(group, unsureError(e));
      }
    }
  }

  /** Waits for requests; an empty group is the end. */
  private List<Assigned> takeGroup() {
    lock.lock();
    try {
      while (next.isEmpty() && !sequencerDone) {
        groupChanged.awaitUninterruptibly();
      }
      List<Assigned> group = next;
      next = new ArrayList<>();
      beingWritten = group;
      groupChanged.signalAll();
      return group;
    } finally {
      lock.unlock();
    }
  }

  private void write(List<Assigned> whole) {
    Throwable cause = stoppedBy;
    if (cause != null) {
      fail(whole, stoppedError(cause));
      return;
    }
    List<Assigned> group = withoutDoomed(whole);
    if (group.isEmpty()) {
      resolved(whole);
      return;
    }
    List<CommitRecord> records = new ArrayList<>(group.size());
    for (Assigned commit : group) {
      CommitRequest request = commit.request();
      records.add(new CommitRecord(commit.timestamp(), request.documents, request.indexes));
    }
    try {
      persistence.commit(records);
    } catch (UnsureWriteException | Error e) {
      LOG.error("a write has an unknown outcome; no more commits are accepted", e);
      stop(e);
      fail(group, unsureError(e));
      return;
    } catch (RuntimeException e) {
      LOG.error("a write has failed", e);
      fail(group, FreshetException.internal("the commit could not be written", e));
      return;
    }
    for (Assigned commit : group) {
      publisher.accept(commit.request(), commit.entry());
    }
    afterGroup.run();
    resolved(whole);
    for (Assigned commit : group) {
      commit.request().outcome.complete(new CommitRequest.Outcome.Committed(commit.timestamp()));
    }
  }

  /** Fails those that were built on a commit that has failed. */
  private static List<Assigned> withoutDoomed(List<Assigned> group) {
    List<Assigned> sound = new ArrayList<>(group.size());
    for (Assigned commit : group) {
      if (!commit.isDoomed()) {
        sound.add(commit);
      } else {
        commit.entry().failed = true;
        commit.request().outcome.completeExceptionally(doomedError());
      }
    }
    return sound;
  }

  /** The commits that have their timestamps and may still fail, in that order. */
  List<Assigned> assigned() {
    lock.lock();
    try {
      List<Assigned> all = new ArrayList<>(beingWritten.size() + next.size());
      all.addAll(beingWritten);
      all.addAll(next);
      return all;
    } finally {
      lock.unlock();
    }
  }

  private void fail(List<Assigned> group, FreshetException failure) {
    for (Assigned commit : group) {
      commit.entry().failed = true;
    }
    resolved(group);
    for (Assigned commit : group) {
      commit.request().outcome.completeExceptionally(failure);
    }
  }

  private void resolved(List<Assigned> group) {
    lock.lock();
    try {
      resolvedThrough = group.getLast().timestamp();
      beingWritten = List.of();
      resolvedChanged.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void stop(Throwable cause) {
    lock.lock();
    try {
      stoppedBy = cause;
      resolvedChanged.signalAll();
      groupChanged.signalAll();
    } finally {
      lock.unlock();
    }
    for (CommitRequest request = queue.poll(); request != null; request = queue.poll()) {
      request.outcome.completeExceptionally(stoppedError(cause));
    }
  }

  /** Refuses new requests, finishes those that wait, and ends the threads. */
  @Override
  public void close() {
    closed = true;
    sequencer.interrupt();
    join(sequencer);
    join(writer);
    lock.lock();
    try {
      resolvedChanged.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
