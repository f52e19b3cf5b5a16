package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.freshet.app.Identity;
import dev.freshet.app.MutationResult;
import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.server.ClientMessage.QueryModification;
import dev.freshet.server.ClientMessage.Token;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A {@link SyncSession} on a bench: every step of its work happens when the test says so. */
final class SyncBench implements SyncWork, SyncSocket, Clock {
  final SyncWorld world;
  final SyncSession session;
  final SyncClientModel client;
  final Deque<Kind> unacknowledged = new ArrayDeque<>();
  private final boolean holdWrites;

  private long nanos = 1_000_000_000L;
  private @Nullable Computation computation;
  private @Nullable RequestTask mutation;
  private @Nullable MutationAnswer committed;
  private final Deque<RequestTask> actions = new ArrayDeque<>();
  private boolean invalidated;
  private long querySet;
  private long identity;
  private long nextQuery;
  private long nextRequest;
  final List<Long> queryIds = new ArrayList<>();
  @Nullable String closedWith;
  long awaited;
  int pings;

  private record Computation(List<QueryTask> tasks, Identity identity, long timestamp) {}

  SyncBench(SyncWorld world, boolean holdWrites, Limits limits) {
    this.world = world;
    this.holdWrites = holdWrites;
    this.client = new SyncClientModel(world);
    this.session = new SyncSession(world, this, this, this, limits, true);
  }

  static SyncBench open() {
    SyncBench bench = new SyncBench(new SyncWorld(), false, Limits.defaults());
    bench.connect(null, 0L);
    return bench;
  }

  // ---- The client's messages ----

  void connect(@Nullable Long maxObserved, @Nullable Long clientMillis) {
    ClientMessage.Connect connect =
        new ClientMessage.Connect(new UUID(1, 2), 0, "InitialConnect", maxObserved, clientMillis);
    client.sentConnect(connect);
    session.onMessage(connect);
  }

  long add(String key) {
    long id = nextQuery++;
    modify(List.of(new QueryModification.Add(id, call(key), null)));
    return id;
  }

  void remove(long id) {
    modify(List.of(new QueryModification.Remove(id)));
  }

  void modify(List<QueryModification> modifications) {
    for (QueryModification modification : modifications) {
      switch (modification) {
        case QueryModification.Add add -> queryIds.add(add.queryId());
        case QueryModification.Remove remove -> queryIds.remove(remove.queryId());
      }
    }
    client.sentQuerySet(querySet + 1, modifications);
    session.onMessage(new ClientMessage.ModifyQuerySet(querySet, querySet + 1, modifications));
    querySet++;
  }

  void authenticate(@Nullable String user) {
    client.sentIdentity(identity + 1, user == null ? "nobody" : user);
    session.onMessage(
        new ClientMessage.Authenticate(
            identity, user == null ? new Token.None() : new Token.User(user)));
    identity++;
  }

  long mutate(String key) {
    long id = nextRequest++;
    client.sentMutation(id);
    session.onMessage(new ClientMessage.Mutation(id, call(key)));
    return id;
  }

  void act() {
    long id = nextRequest++;
    client.sentAction(id);
    session.onMessage(new ClientMessage.Action(id, call("action")));
  }

  static FunctionCall call(String path) {
    return new FunctionCall(path, "[{}]".getBytes(UTF_8), null);
  }

  // ---- The steps of the session's work ----

  boolean canCompute() {
    return computation != null;
  }

  void runQueries() {
    Computation running = requireNonNull(computation);
    computation = null;
    List<QueryAnswer> answers = new ArrayList<>();
    for (QueryTask task : running.tasks()) {
      LiveResult result = null;
      FreshetException failure = null;
      try {
        result =
            world.query(
                task.query().call(),
                running.identity(),
                task.journal(),
                running.timestamp(),
                () -> invalidated = true);
      } catch (FreshetException e) {
        failure = e;
      }
      answers.add(new QueryAnswer(task.query(), result, failure));
    }
    session.onComputed(answers);
  }

  boolean canCommit() {
    return mutation != null && committed == null;
  }

  /** The mutation is done in the database, but the session does not know yet. */
  void commit() {
    RequestTask task = requireNonNull(mutation);
    MutationResult result = world.mutation(task.call(), task.identity(), task.session());
    client.committed(task.requestId(), result);
    committed = new MutationAnswer(task.requestId(), result, null);
  }

  boolean canAnswer() {
    return committed != null;
  }

  void answer() {
    MutationAnswer answer = requireNonNull(committed);
    committed = null;
    mutation = null;
    session.onMutationDone(answer);
  }

  boolean canFinishAction() {
    return !actions.isEmpty();
  }

  void finishAction() {
    RequestTask task = actions.remove();
    session.onActionDone(
        new ActionAnswer(
            task.requestId(), world.action(task.call(), task.identity(), task.session()), null));
  }

  /** The database reaches the time that the session waits for. */
  void catchUp() {
    world.awaitTimestamp(awaited);
    session.onInvalidated();
    session.settle();
  }

  boolean canInvalidate() {
    return invalidated;
  }

  void deliverInvalidation() {
    invalidated = false;
    session.onInvalidated();
  }

  boolean canAcknowledge() {
    return !unacknowledged.isEmpty();
  }

  void acknowledge() {
    session.onWritten(unacknowledged.remove());
  }

  void pass(long millis) {
    nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    session.onTick();
    session.settle();
  }

  /** Does everything there is to do until nothing is left. */
  void finish() {
    session.settle();
    while (canCompute()
        || canCommit()
        || canAnswer()
        || canFinishAction()
        || canInvalidate()
        || canAcknowledge()) {
      if (canInvalidate()) {
        deliverInvalidation();
      } else if (canCommit()) {
        commit();
      } else if (canAnswer()) {
        answer();
      } else if (canFinishAction()) {
        finishAction();
      } else if (canCompute()) {
        runQueries();
      } else {
        acknowledge();
      }
      session.settle();
    }
  }

  // ---- SyncWork ----

  @Override
  public void compute(List<QueryTask> tasks, Identity identity, long timestamp) {
    if (computation != null) {
      throw new AssertionError("two transitions are computed at once");
    }
    computation = new Computation(tasks, identity, timestamp);
  }

  @Override
  public void mutate(RequestTask task) {
    if (mutation != null) {
      throw new AssertionError("two mutations run at once");
    }
    mutation = task;
  }

  @Override
  public void act(RequestTask task) {
    actions.add(task);
  }

  @Override
  public void await(long timestamp) {
    awaited = timestamp;
  }

  // ---- SyncSocket ----

  @Override
  public void send(byte[] text, Kind kind) {
    client.receive(text);
    if (holdWrites) {
      unacknowledged.add(kind);
    } else {
      session.onWritten(kind);
    }
  }

  long unacknowledgedTransitions() {
    return unacknowledged.stream().filter(kind -> kind == Kind.TRANSITION).count();
  }

  @Override
  public void ping() {
    pings++;
  }

  @Override
  public void close(int code, String reason) {
    closedWith = code + " " + reason;
  }

  // ---- Clock ----

  @Override
  public long unixNanos() {
    return nanos;
  }

  @Override
  public long monotonicNanos() {
    return nanos;
  }
}
