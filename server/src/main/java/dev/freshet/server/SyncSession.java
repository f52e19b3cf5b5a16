package dev.freshet.server;

import static java.util.Objects.requireNonNull;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationResult;
import dev.freshet.app.SessionRequestId;
import dev.freshet.server.ServerMessage.StateModification;
import dev.freshet.server.SyncWork.ActionAnswer;
import dev.freshet.server.SyncWork.MutationAnswer;
import dev.freshet.server.SyncWork.QueryAnswer;
import dev.freshet.server.SyncWork.QueryTask;
import dev.freshet.server.SyncWork.RequestTask;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The protocol of one sync WebSocket (spec 10 §4-§10) as a state machine.
 *
 * <h2>Design note</h2>
 *
 * <p><b>Threads.</b> None here: every method is called by one thread at a time (the session's
 * actor), does not block, and ends in {@link #settle}, which starts and sends whatever has become
 * possible. Slow things go out through {@link SyncWork} and come back as events, so tests can
 * deliver them in any order.
 *
 * <p><b>State.</b> {@code received} is what the client has asked for (versions of query set and
 * identity), {@code current} what the last transition told it. {@code wanted} and {@code visible}
 * are the query sets that belong to them. At most one transition is under way: first {@code
 * computing} (its queries run at the timestamp {@code S} fixed when it started), then {@code ready}
 * (waiting for its turn to be sent). Mutations wait in {@code pending}, run one at a time ({@code
 * running}), and their responses leave through {@code responses}, in order.
 *
 * <p><b>Invariants.</b>
 *
 * <ol>
 *   <li>Transitions chain and grow: each starts at {@code current}; {@code S} is never below {@code
 *       current.timestamp} because it is taken from a clock that does not go back.
 *   <li>A response with commit {@code T} leaves before any transition with {@code S >= T}: a ready
 *       transition waits while a mutation runs that began before {@code S} was the newest commit
 *       ({@code floor < S}; its own commit is above its floor). A mutation that begins later has
 *       {@code floor >= S} and holds nothing up, so the wait is for one mutation at most.
 *   <li>No transition with {@code S < T} leaves after the response of {@code T}: the response waits
 *       for the transition under way. That costs clients nothing, since a mutation's promise needs
 *       the transition after that one anyway.
 *   <li>Whatever is owed is sent: an accepted change of versions, or a response since the last
 *       transition, make the next transition leave even if it is empty. Without either, an empty
 *       one is not sent, because it would wake every watcher of some clients.
 *   <li>A reader that does not read costs bounded memory: no transition starts while {@code
 *       SYNC_MAX_SEND_TRANSITION_COUNT} are unwritten (states in between are skipped), no mutation
 *       starts while as many responses are unwritten as may be pending.
 *   <li>A query's result is watched from its run until the query is in neither {@code wanted} nor
 *       {@code visible}, or the session ends.
 * </ol>
 *
 * <p><b>The first transition</b> waits until the client has sent a query set or a request, or a
 * moment has passed: after a reconnect its results must arrive together with the confirmation of
 * the identity, otherwise every component of the page shows "loading" for an instant.
 */
final class SyncSession {
  private static final Logger log = LoggerFactory.getLogger(SyncSession.class);

  private static final long FIRST_TRANSITION_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int MAX_RETRY_DOUBLINGS = 6;
  private static final int CHUNK_BYTES = 5_000_000;

  /**
   * How far a client may be ahead of this machine's clock before its data must be from elsewhere.
   */
  private static final long MAX_AHEAD_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final SyncBackend backend;
  private final SyncWork work;
  private final SyncSocket socket;
  private final Clock clock;
  private final Liveness liveness;
  private final boolean understandsChunks;
  private final int maxUnsentTransitions;
  private final int maxPending;

  private @Nullable UUID session;
  private @Nullable Long clientSkewMillis;
  private Identity identity = new Identity.Unknown(null);
  private StateVersion current = StateVersion.INITIAL;
  private long receivedQuerySet;
  private long receivedIdentity;

  private QuerySet wanted = QuerySet.EMPTY;
  private QuerySet visible = QuerySet.EMPTY;
  private final Set<LiveQuery> watched = new HashSet<>();

  /** Those whose newest result the client may not know. */
  private final TreeMap<Long, LiveQuery> untold = new TreeMap<>();

  /** What the client has seen elsewhere: nothing older is sent. */
  private long floor;

  private boolean updateNeeded;
  private boolean owed;
  private @Nullable Plan computing;
  private @Nullable Plan ready;
  private int unsentTransitions;
  private int failures;
  private long retryAt;
  private boolean firstAllowed;

  private final Queue<RequestTask> pending = new ArrayDeque<>();
  private @Nullable Running running;
  private final Queue<Response> responses = new ArrayDeque<>();
  private int unsentResponses;
  private int runningActions;

  private boolean closed;

  /** A transition under way: what the client will know once it is sent. */
  private record Plan(StateVersion target, Identity identity, QuerySet queries) {}

  /**
   * The mutation being executed.
   *
   * @param floor newest commit when it began: its own is above
   */
  private record Running(long requestId, long floor) {}

  /**
   * @param commit {@code Long.MIN_VALUE} for responses that no commit belongs to
   */
  private record Response(ServerMessage message, long commit) {}

  /**
   * @param understandsChunks whether this client's version knows {@code TransitionChunk}
   */
  SyncSession(
      SyncBackend backend,
      SyncWork work,
      SyncSocket socket,
      Clock clock,
      Limits limits,
      boolean understandsChunks) {
    this.backend = backend;
    this.work = work;
    this.socket = socket;
    this.clock = clock;
    this.understandsChunks = understandsChunks;
    this.maxUnsentTransitions = limits.getInt(Limit.SYNC_MAX_SEND_TRANSITION_COUNT);
    this.maxPending = limits.getInt(Limit.SYNC_MAX_PENDING_MUTATIONS);
    liveness = new Liveness(clock);
    socket.ping();
  }

  // ---- Events ----

  /** A message of the client. */
  void onMessage(ClientMessage message) {
    if (closed) {
      return;
    }
    liveness.received();
    switch (message) {
      case ClientMessage.Connect connect -> connect(connect);
      case ClientMessage.ModifyQuerySet modify -> modifyQuerySet(modify);
      case ClientMessage.Mutation mutation -> mutation(mutation);
      case ClientMessage.Action action -> action(action);
      case ClientMessage.Authenticate authenticate -> authenticate(authenticate);
      case ClientMessage.Event _ -> {}
    }
  }

  /** The client sent something that is no message. */
  void onInvalidMessage(String why) {
    fail(
        FreshetException.badRequest(
            "WSMessageInvalidJson", "Received Invalid JSON on websocket: " + why));
  }

  /** The connection cannot go on. */
  void onFailure(FreshetException failure) {
    fail(failure);
  }

  /** A frame that carries no message, such as a pong. */
  void onSignOfLife() {
    liveness.received();
  }

  /** Some watched result may not hold any more. */
  void onInvalidated() {
    updateNeeded = true;
  }

  /** The queries of the transition under way have run, or some could not. */
  void onComputed(List<QueryAnswer> answers) {
    if (closed) {
      discard(answers);
      return;
    }
    Plan plan = requireNonNull(computing, "no transition is being computed");
    computing = null;
    FreshetException failure = null;
    for (QueryAnswer answer : answers) {
      if (answer.result() != null) {
        answer.query().accept(answer.result(), plan.identity());
        watched.add(answer.query());
        untold.put(answer.query().id(), answer.query());
      } else {
        failure = worse(failure, requireNonNull(answer.failure()));
      }
    }
    if (failure == null) {
      failures = 0;
      ready = plan;
    } else {
      computationFailed(failure);
    }
    if (plan.queries() != wanted || wanted != visible) {
      stopWatchingUnused();
    }
  }

  void onMutationDone(MutationAnswer answer) {
    if (closed) {
      return;
    }
    running = null;
    MutationResult result = answer.result();
    if (result == null) {
      fail(requireNonNull(answer.failure()));
      return;
    }
    boolean committed = result.outcome() instanceof CallOutcome.Success;
    responses.add(
        new Response(
            new ServerMessage.MutationResponse(
                answer.requestId(), result.outcome(), result.timestamp()),
            committed ? result.timestamp() : Long.MIN_VALUE));
  }

  void onActionDone(ActionAnswer answer) {
    if (closed) {
      return;
    }
    runningActions--;
    CallOutcome outcome = answer.outcome();
    if (outcome == null) {
      fail(requireNonNull(answer.failure()));
      return;
    }
    // Actions are not ordered against mutations: the response does not queue.
    respond(new ServerMessage.ActionResponse(answer.requestId(), outcome));
  }

  /** A message has left the process. */
  void onWritten(SyncSocket.Kind kind) {
    switch (kind) {
      case TRANSITION -> unsentTransitions--;
      case RESPONSE -> unsentResponses--;
      case OTHER -> {}
    }
  }

  /** Time has passed: keeps the connection alive, or gives it up. */
  void onTick() {
    if (closed) {
      return;
    }
    if (liveness.clientIsGone()) {
      close(SyncSocket.NORMAL, "ClientDisconnected");
      return;
    }
    if (liveness.age() >= FIRST_TRANSITION_NANOS) {
      firstAllowed = true;
    }
    if (liveness.pingFrameDue()) {
      liveness.pinged();
      socket.ping();
    }
    if (liveness.pingMessageDue()) {
      send(new ServerMessage.Ping(), SyncSocket.Kind.OTHER);
    }
  }

  /** How long nothing happens by itself, in nanoseconds. */
  long nanosToNextTick() {
    long now = clock.monotonicNanos();
    long next = liveness.nextPing();
    if (!firstAllowed) {
      next = Math.min(next, now + FIRST_TRANSITION_NANOS - liveness.age());
    }
    if (failures > 0 && retryAt > now) {
      next = Math.min(next, retryAt);
    }
    return Math.max(next - now, TimeUnit.MILLISECONDS.toNanos(1));
  }

  /** The server goes down: clients reconnect silently. */
  void shutDown() {
    if (!closed) {
      close(SyncSocket.GOING_AWAY, "");
    }
  }

  /** The connection is gone or the session gave up: nothing is watched or sent any more. */
  void onClosed() {
    closed = true;
    watched.forEach(LiveQuery::stopWatching);
    watched.clear();
    pending.clear();
    responses.clear();
  }

  boolean isClosed() {
    return closed;
  }

  /** Starts and sends what has become possible; to be called after events. */
  void settle() {
    if (closed) {
      return;
    }
    startMutation();
    sendWhatMayLeave();
    startTransition();
    sendWhatMayLeave();
  }

  // ---- Messages ----

  private void connect(ClientMessage.Connect connect) {
    if (session != null) {
      fail(FreshetException.internal("the client connected twice on one socket", null));
      return;
    }
    session = connect.session();
    Long clientMillis = connect.clientMillis();
    if (clientMillis != null) {
      clientSkewMillis = clientMillis - clock.unixMillis();
    }
    Long observed = connect.maxObservedTimestamp();
    if (observed != null && observed > backend.latestTimestamp()) {
      if (observed > clock.unixNanos() + MAX_AHEAD_NANOS) {
        fail(
            FreshetException.internal(
                "a client has observed a timestamp that this deployment cannot reach soon", null));
        return;
      }
      log.info("A client has seen a later time than this deployment: waiting for it");
      floor = observed;
      work.await(observed);
    }
  }

  private void modifyQuerySet(ClientMessage.ModifyQuerySet modify) {
    if (modify.baseVersion() != receivedQuerySet) {
      fail(
          FreshetException.badRequest(
              "BaseVersionMismatch",
              "Base version "
                  + modify.baseVersion()
                  + " passed up doesn't match the current version "
                  + receivedQuerySet));
      return;
    }
    if (modify.newVersion() <= modify.baseVersion()) {
      fail(FreshetException.internal("a query set's version must grow", null));
      return;
    }
    QuerySet queries = wanted.modified(modify.modifications());
    if (queries == null) {
      fail(FreshetException.internal("a modification does not fit the query set", null));
      return;
    }
    wanted = queries;
    receivedQuerySet = modify.newVersion();
    firstAllowed = true;
    updateNeeded = true;
  }

  private void authenticate(ClientMessage.Authenticate authenticate) {
    if (authenticate.baseVersion() != receivedIdentity) {
      fail(FreshetException.internal("Authenticate is based on another identity version", null));
      return;
    }
    try {
      identity = backend.authenticate(authenticate.token());
    } catch (FreshetException e) {
      boolean tokenRefused =
          switch (e.errorClass()) {
            case UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST, AUTH_UPDATE_FAILED -> true;
            default -> false;
          };
      fail(
          tokenRefused
              ? new FreshetException(ErrorClass.AUTH_UPDATE_FAILED, e.code(), e.text())
              : e);
      return;
    }
    receivedIdentity++;
    updateNeeded = true;
  }

  private void mutation(ClientMessage.Mutation mutation) {
    if (pending.size() >= maxPending) {
      close(SyncSocket.TRY_AGAIN_LATER, "TooManyConcurrentMutations");
      return;
    }
    firstAllowed = true;
    pending.add(
        new RequestTask(
            mutation.requestId(), mutation.call(), identity, sessionRequest(mutation.requestId())));
  }

  private void action(ClientMessage.Action action) {
    if (runningActions + unsentResponses >= maxPending) {
      close(SyncSocket.TRY_AGAIN_LATER, "TooManyInflightActionsForSingleClient");
      return;
    }
    firstAllowed = true;
    runningActions++;
    work.act(
        new RequestTask(
            action.requestId(), action.call(), identity, sessionRequest(action.requestId())));
  }

  private @Nullable SessionRequestId sessionRequest(long requestId) {
    return session == null ? null : new SessionRequestId(session, requestId);
  }

  // ---- Mutations and responses ----

  private void startMutation() {
    if (running != null || unsentResponses + responses.size() >= maxPending) {
      return;
    }
    RequestTask next = pending.poll();
    if (next != null) {
      running = new Running(next.requestId(), backend.latestTimestamp());
      work.mutate(next);
    }
  }

  private void respond(ServerMessage response) {
    unsentResponses++;
    owed = true;
    updateNeeded = true;
    send(response, SyncSocket.Kind.RESPONSE);
  }

  /** Sends responses and the ready transition in the order that the invariants 2 and 3 ask for. */
  private void sendWhatMayLeave() {
    while (!closed) {
      Response response = responses.peek();
      if (response != null && response.commit() <= underWay()) {
        responses.remove();
        respond(response.message());
      } else if (ready != null && mayLeave(ready)) {
        Plan plan = ready;
        ready = null;
        sendTransition(plan);
      } else {
        return;
      }
    }
  }

  /** The timestamp of the transition under way; everything may pass if there is none. */
  private long underWay() {
    Plan plan = ready != null ? ready : computing;
    return plan == null ? Long.MAX_VALUE : plan.target().timestamp();
  }

  private boolean mayLeave(Plan plan) {
    return running == null || running.floor() >= plan.target().timestamp();
  }

  // ---- Transitions ----

  private void startTransition() {
    if (!updateNeeded
        || computing != null
        || ready != null
        || unsentTransitions >= maxUnsentTransitions
        || !firstAllowed
        || (failures > 0 && clock.monotonicNanos() < retryAt)) {
      return;
    }
    long timestamp = Math.max(backend.latestTimestamp(), current.timestamp());
    if (timestamp < floor) {
      return; // an event comes when the database is there
    }
    updateNeeded = false;
    Plan plan =
        new Plan(new StateVersion(receivedQuerySet, receivedIdentity, timestamp), identity, wanted);
    List<QueryTask> tasks = new ArrayList<>();
    for (LiveQuery query : wanted.queries()) {
      if (!query.holds(identity, timestamp)) {
        tasks.add(new QueryTask(query, query.journal()));
      }
    }
    if (tasks.isEmpty()) {
      ready = plan;
    } else {
      computing = plan;
      work.compute(tasks, identity, timestamp);
    }
  }

  private void sendTransition(Plan plan) {
    List<StateModification> modifications = modifications(plan);
    if (modifications.isEmpty() && !owed && plan.target().sameInputsAs(current)) {
      return;
    }
    StateVersion start = current;
    current = plan.target();
    if (plan.queries() != visible) {
      visible = plan.queries();
      stopWatchingUnused();
    }
    owed = false;
    unsentTransitions++;
    ServerMessage.ClockFields fields =
        clientSkewMillis == null
            ? null
            : new ServerMessage.ClockFields(clientSkewMillis, clock.unixNanos());
    send(
        new ServerMessage.Transition(start, current, modifications, fields),
        SyncSocket.Kind.TRANSITION);
  }

  /** Takes time in proportion to what is new, unless the query set has changed. */
  private List<StateModification> modifications(Plan plan) {
    List<StateModification> modifications = new ArrayList<>();
    if (plan.queries() != visible) {
      for (LiveQuery query : visible.queries()) {
        if (!plan.queries().containsId(query.id())) {
          modifications.add(new StateModification.Removed(query.id()));
        }
      }
    }
    for (LiveQuery query : untold.values()) {
      if (plan.queries().contains(query)) {
        StateModification news = query.news();
        if (news != null) {
          modifications.add(news);
        }
      }
    }
    untold.clear();
    return modifications;
  }

  private void computationFailed(FreshetException failure) {
    switch (failure.errorClass()) {
      case OVERLOADED,
          OUT_OF_RETENTION,
          REJECTED_BEFORE_EXECUTION,
          RATE_LIMITED,
          OPERATIONAL,
          FEATURE_TEMPORARILY_UNAVAILABLE,
          MISDIRECTED_REQUEST -> {
        updateNeeded = true;
        retryAt = clock.monotonicNanos() + (RETRY_NANOS << Math.min(failures, MAX_RETRY_DOUBLINGS));
        failures++;
      }
      default -> fail(failure);
    }
  }

  /** Of two failures the one that ends the session counts. */
  private static FreshetException worse(
      @Nullable FreshetException known, FreshetException another) {
    return known == null || another.errorClass() == ErrorClass.INTERNAL ? another : known;
  }

  private void stopWatchingUnused() {
    watched.removeIf(
        query -> {
          boolean used =
              wanted.contains(query)
                  || visible.contains(query)
                  || (ready != null && ready.queries().contains(query));
          if (!used) {
            query.stopWatching();
          }
          return !used;
        });
  }

  /** Stops watching results that nobody waits for any more. */
  static void discard(List<QueryAnswer> answers) {
    for (QueryAnswer answer : answers) {
      if (answer.result() != null) {
        answer.result().subscription().close();
      }
    }
  }

  // ---- Sending and ending ----

  private void send(ServerMessage message, SyncSocket.Kind kind) {
    liveness.sent();
    byte[] text = MessagePrinter.print(message);
    if (understandsChunks
        && text.length > CHUNK_BYTES
        && message instanceof ServerMessage.Transition) {
      List<byte[]> chunks = MessagePrinter.chunks(text, CHUNK_BYTES);
      for (byte[] chunk : chunks.subList(0, chunks.size() - 1)) {
        socket.send(chunk, SyncSocket.Kind.OTHER);
      }
      socket.send(chunks.getLast(), kind);
    } else {
      socket.send(text, kind);
    }
  }

  /** Ends the session the way the failure's class asks for (spec 10 §9). */
  private void fail(FreshetException failure) {
    if (closed) {
      return;
    }
    Farewell farewell = Farewell.after(failure, current.identity());
    if (farewell.code() == SyncSocket.SERVER_ERROR) {
      log.warn("A sync session ends: {}", failure.text(), failure.getCause());
    }
    if (farewell.message() != null) {
      send(farewell.message(), SyncSocket.Kind.OTHER);
    }
    close(farewell.code(), farewell.reason());
  }

  private void close(int code, String reason) {
    onClosed();
    socket.close(code, reason);
  }
}
