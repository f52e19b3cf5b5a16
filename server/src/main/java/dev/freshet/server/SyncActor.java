package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationResult;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a {@link SyncSession} its thread: a virtual thread that takes events from an inbox one by
 * one. Work runs on further virtual threads and comes back through the inbox; only what is known
 * already is answered at once.
 *
 * <p>The thread sleeps without a timer, as setting and cancelling one for each message would cost
 * more than most messages do: {@link #tick} wakes it when something is due.
 */
final class SyncActor implements SyncWork {
  private static final Logger log = LoggerFactory.getLogger(SyncActor.class);

  /** Of how many queries it is looked up whether their results are known. */
  private static final int MAX_LOOKUPS = 32;

  private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final AtomicBoolean invalidationPosted = new AtomicBoolean();
  private final Clock clock;
  private final SyncBackend backend;
  private final SyncSocket socket;
  private final SyncSession session;
  private final int queryConcurrency;
  private volatile boolean ended;

  /** When something is due, on the monotonic clock. */
  private final AtomicLong due = new AtomicLong(Long.MAX_VALUE);

  SyncActor(
      SyncBackend backend,
      SyncSocket socket,
      Clock clock,
      Limits limits,
      boolean understandsChunks) {
    this.backend = backend;
    this.clock = clock;
    this.socket = socket;
    this.queryConcurrency = limits.getInt(Limit.UPDATE_QUERY_CONCURRENCY);
    this.session = new SyncSession(backend, this, socket, clock, limits, understandsChunks);
  }

  /** Starts the session's thread. */
  void start(String name) {
    Thread.ofVirtual().name(name).start(this::run);
  }

  // ---- Events from the connection, from any thread ----

  /**
   * @param whenHandled run on the session's thread afterwards
   */
  void message(ClientMessage message, Runnable whenHandled) {
    post(
        () -> {
          session.onMessage(message);
          whenHandled.run();
        });
  }

  void invalidMessage(String why) {
    post(() -> session.onInvalidMessage(why));
  }

  /** The client broke the framing protocol or a limit of it: the session ends. */
  void failure(FreshetException failure) {
    post(() -> session.onFailure(failure));
  }

  void signOfLife() {
    post(session::onSignOfLife);
  }

  void written(SyncSocket.Kind kind) {
    if (kind != SyncSocket.Kind.OTHER) {
      post(() -> session.onWritten(kind));
    }
  }

  void connectionClosed() {
    backend.connectionClosed();
    post(session::onClosed);
  }

  void shutDown() {
    post(session::shutDown);
  }

  /** Time has passed; to be called a few times a second. */
  void tick() {
    long when = due.get();
    if (clock.monotonicNanos() >= when && due.compareAndSet(when, Long.MAX_VALUE)) {
      post(() -> {});
    }
  }

  private void post(Runnable event) {
    inbox.add(event);
    if (ended) {
      // The session's thread may be gone: what is left only gives resources back.
      drain();
    }
  }

  // ---- The session's thread ----

  private void run() {
    try {
      due.set(clock.monotonicNanos());
      while (!session.isClosed()) {
        Runnable event = inbox.take();
        while (event != null) {
          event.run();
          event = inbox.poll();
        }
        session.onTick();
        session.settle();
        due.set(clock.monotonicNanos() + session.nanosToNextTick());
      }
    } catch (InterruptedException | RuntimeException e) {
      log.error("A sync session failed", e);
      session.onClosed();
      socket.close(SyncSocket.SERVER_ERROR, "InternalServerError");
    } finally {
      ended = true;
      drain();
    }
  }

  private synchronized void drain() {
    for (Runnable event = inbox.poll(); event != null; event = inbox.poll()) {
      event.run();
    }
  }

  // ---- Work ----

  @Override
  public void compute(List<QueryTask> tasks, Identity identity, long timestamp) {
    List<QueryAnswer> answers = new ArrayList<>(tasks.size());
    List<QueryTask> unknown =
        tasks.size() <= MAX_LOOKUPS ? lookUp(tasks, identity, timestamp, answers) : tasks;
    if (unknown.isEmpty()) {
      post(() -> session.onComputed(answers));
    } else {
      run(unknown, identity, timestamp, answers);
    }
  }

  /** Answers what is known; returns the others. */
  private List<QueryTask> lookUp(
      List<QueryTask> tasks, Identity identity, long timestamp, List<QueryAnswer> answers) {
    List<QueryTask> unknown = new ArrayList<>();
    for (QueryTask task : tasks) {
      LiveQuery query = task.query();
      LiveResult known =
          backend.knownResult(query.call(), identity, task.journal(), timestamp, this::invalidated);
      if (known == null) {
        unknown.add(task);
      } else {
        answers.add(new QueryAnswer(query, known, null));
      }
    }
    return unknown;
  }

  private void run(
      List<QueryTask> tasks, Identity identity, long timestamp, List<QueryAnswer> answers) {
    AtomicInteger next = new AtomicInteger();
    int workers = Math.min(tasks.size(), queryConcurrency);
    AtomicInteger working = new AtomicInteger(workers);
    for (int worker = 0; worker < workers; worker++) {
      Thread.ofVirtual()
          .name("sync query")
          .start(
              () -> {
                for (int i = next.getAndIncrement(); i < tasks.size(); i = next.getAndIncrement()) {
                  QueryAnswer answer = query(tasks.get(i), identity, timestamp);
                  synchronized (answers) {
                    answers.add(answer);
                  }
                }
                if (working.decrementAndGet() == 0) {
                  post(() -> session.onComputed(answers));
                }
              });
    }
  }

  private QueryAnswer query(QueryTask task, Identity identity, long timestamp) {
    LiveQuery query = task.query();
    try {
      LiveResult result =
          backend.query(query.call(), identity, task.journal(), timestamp, this::invalidated);
      return new QueryAnswer(query, result, null);
    } catch (Throwable e) {
      return new QueryAnswer(query, null, failure("A query", e));
    }
  }

  private void invalidated() {
    if (invalidationPosted.compareAndSet(false, true)) {
      post(
          () -> {
            invalidationPosted.set(false);
            session.onInvalidated();
          });
    }
  }

  @Override
  public void mutate(RequestTask task) {
    Thread.ofVirtual()
        .name("sync mutation")
        .start(
            () -> {
              MutationResult result = null;
              FreshetException failure = null;
              try {
                result = backend.mutation(task.call(), task.identity(), task.session());
              } catch (Throwable e) {
                failure = failure("A mutation", e);
              }
              MutationAnswer answer = new MutationAnswer(task.requestId(), result, failure);
              post(() -> session.onMutationDone(answer));
            });
  }

  @Override
  public void act(RequestTask task) {
    Thread.ofVirtual()
        .name("sync action")
        .start(
            () -> {
              CallOutcome outcome = null;
              FreshetException failure = null;
              try {
                outcome = backend.action(task.call(), task.identity(), task.session());
              } catch (Throwable e) {
                failure = failure("An action", e);
              }
              ActionAnswer answer = new ActionAnswer(task.requestId(), outcome, failure);
              post(() -> session.onActionDone(answer));
            });
  }

  @Override
  public void await(long timestamp) {
    Thread.ofVirtual()
        .name("sync wait")
        .start(
            () -> {
              try {
                backend.awaitTimestamp(timestamp);
                post(session::onInvalidated);
              } catch (RuntimeException e) {
                failure(failure("Waiting for a timestamp", e));
              }
            });
  }

  private static FreshetException failure(String what, @Nullable Throwable cause) {
    return cause instanceof FreshetException known
        ? known
        : FreshetException.internal(what + " of a sync session failed", cause);
  }
}
