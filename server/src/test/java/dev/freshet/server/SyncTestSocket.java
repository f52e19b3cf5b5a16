package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One real WebSocket whose every message is held against {@link SyncRules}.
 *
 * <h2>Design note</h2>
 *
 * The rules are guarded by this object's monitor: a message of the client is put down in them and
 * handed to the transport under it, so that both happen in one order, and the listener takes it for
 * each message. Who waits does so on the monitor. A broken rule, or the end of the connection,
 * wakes everybody; a broken rule is thrown by every later call, also by {@link #cut}, so that no
 * test can miss it.
 */
final class SyncTestSocket implements WebSocket.Listener {
  private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

  /** The connection ended; what it means is for the caller to know. */
  static final class Disconnected extends IOException {
    private static final long serialVersionUID = 1L;

    Disconnected(String why) {
      super(why);
    }
  }

  /**
   * How a client introduces itself.
   *
   * @param maxObserved the newest timestamp seen on earlier connections, 0 for none
   */
  record Connect(UUID session, int connectionCount, long maxObserved) {
    static Connect fresh() {
      return new Connect(UUID.randomUUID(), 0, 0);
    }
  }

  private final SyncRules rules;
  private final Witness witness;
  private final StringBuilder partial = new StringBuilder();
  private @Nullable WebSocket socket;
  private @Nullable String ended;
  private @Nullable Throwable broken;
  private boolean reading = true;

  private SyncTestSocket(SyncRules.Client client, Witness witness) {
    this.rules = new SyncRules(client);
    this.witness = witness;
  }

  /** Which client this is, by its path or its header. */
  enum Kind {
    NPM("/api/1.48.0/sync", true),
    NPM_1_28("/api/1.28.0/sync", true),
    NPM_1_27("/api/1.27.0/sync", false),
    RUST("/api/sync", false);

    private final String path;
    final boolean understandsChunks;

    Kind(String path, boolean understandsChunks) {
      this.path = path;
      this.understandsChunks = understandsChunks;
    }
  }

  static SyncTestSocket open(WireApi api, Connect connect, Witness witness) throws IOException {
    return open(api, Kind.NPM, connect, witness);
  }

  static SyncTestSocket open(WireApi api, Kind kind, Connect connect, Witness witness)
      throws IOException {
    SyncTestSocket self =
        new SyncTestSocket(
            new SyncRules.Client(true, kind.understandsChunks, connect.maxObserved()), witness);
    try {
      WebSocket.Builder builder =
          WireApi.HTTP.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(20));
      if (kind == Kind.RUST) {
        builder.header("Convex-Client", "rust-0.10.4");
      }
      self.socket =
          builder.buildAsync(URI.create("ws://" + api.address() + kind.path), self).join();
    } catch (CompletionException e) {
      throw new Disconnected("not connected: " + e.getCause());
    }
    ObjectNode message =
        message("Connect")
            .put("sessionId", connect.session().toString())
            .put("connectionCount", connect.connectionCount())
            .put("lastCloseReason", "InitialConnect")
            .put("clientTs", System.currentTimeMillis());
    if (connect.maxObserved() > 0) {
      message.put("maxObservedTimestamp", WireTimestamp.encode(connect.maxObserved()));
    }
    self.send(message);
    return self;
  }

  // ---- Sending ----

  static ObjectNode message(String type) {
    return WireApi.MAPPER.createObjectNode().put("type", type);
  }

  /** A query to subscribe to. */
  record Query(long id, String path, ObjectNode args, @Nullable String journal) {}

  synchronized void modify(Collection<Query> added, Collection<Long> removed) throws IOException {
    long base = rules.lastQuerySet();
    ObjectNode message =
        message("ModifyQuerySet").put("baseVersion", base).put("newVersion", base + 1);
    ArrayNode modifications = message.putArray("modifications");
    for (long id : removed) {
      modifications.addObject().put("type", "Remove").put("queryId", id);
    }
    for (Query query : added) {
      ObjectNode add = modifications.addObject().put("type", "Add").put("queryId", query.id());
      add.put("udfPath", query.path()).put("journal", query.journal());
      add.putArray("args").add(query.args());
    }
    List<Long> ids = added.stream().map(Query::id).toList();
    rules.sentQuerySet(base + 1, ids, removed, witness.acknowledged());
    send(message);
  }

  /** Subscribes to a query and returns its first result. */
  JsonNode subscribe(Query query) throws IOException, InterruptedException {
    long wanted;
    synchronized (this) {
      modify(List.of(query), List.of());
      wanted = rules.lastQuerySet();
    }
    return await(
        "the first result of " + query.path(),
        known -> known.version().querySet() >= wanted ? known.results().get(query.id()) : null);
  }

  /**
   * @param again whether it may have been executed on an earlier connection
   */
  synchronized void mutate(long requestId, String path, ObjectNode args, boolean again)
      throws IOException {
    if (again) {
      rules.sentMutationAgain(requestId);
    } else {
      rules.sentMutation(requestId);
    }
    ObjectNode message = message("Mutation").put("requestId", requestId).put("udfPath", path);
    message.putArray("args").add(args);
    send(message);
  }

  /** A mutation as the JavaScript client sees it: done when a transition reflects it. */
  JsonNode mutateAndAwait(long requestId, String path, ObjectNode args)
      throws IOException, InterruptedException {
    mutate(requestId, path, args, false);
    return awaitReflected(requestId);
  }

  JsonNode awaitReflected(long requestId) throws IOException, InterruptedException {
    return await(
        "mutation " + requestId,
        known -> {
          JsonNode response = known.responses().get(requestId);
          return response != null && isReflected(response, known) ? response : null;
        });
  }

  private static boolean isReflected(JsonNode response, SyncRules known) {
    return !response.path("success").booleanValue()
        || WireTimestamp.decode(response.path("ts").stringValue()) <= known.version().timestamp();
  }

  private synchronized void send(ObjectNode message) throws IOException {
    sendText(WireApi.MAPPER.writeValueAsString(message));
  }

  /** Text that the rules know nothing of. */
  synchronized void sendText(String text) throws IOException {
    throwIfBroken();
    if (ended != null || socket == null) {
      throw new Disconnected(String.valueOf(ended));
    }
    try {
      socket.sendText(text, true).join();
    } catch (CompletionException e) {
      end("sending failed: " + e.getCause());
      throw new Disconnected(String.valueOf(ended));
    }
  }

  // ---- Receiving ----

  @Override
  public void onOpen(WebSocket webSocket) {
    webSocket.request(1);
  }

  @Override
  public synchronized @Nullable CompletionStage<?> onText(
      WebSocket webSocket, CharSequence data, boolean last) {
    partial.append(data);
    if (last) {
      byte[] text = partial.toString().getBytes(UTF_8);
      partial.setLength(0);
      received(text);
    }
    if (reading) {
      webSocket.request(1);
    }
    return null;
  }

  private void received(byte[] text) {
    try {
      JsonNode message = rules.receive(text);
      if (message != null) {
        witness.received(message, rules);
      }
    } catch (AssertionError | RuntimeException e) {
      breaks(new AssertionError("received " + excerpt(text), e));
    }
    notifyAll();
  }

  private static String excerpt(byte[] text) {
    return new String(text, 0, Math.min(text.length, 1_000), UTF_8);
  }

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
    breaks(new AssertionError("a binary message"));
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
    end(code + " " + reason);
    return null;
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    end(String.valueOf(error));
  }

  private synchronized void end(String how) {
    if (ended == null) {
      ended = how;
    }
    notifyAll();
  }

  private synchronized void breaks(Throwable error) {
    if (broken == null) {
      broken = error;
    }
    notifyAll();
  }

  /** Stops reading from the network, as a client does whose machine sleeps. */
  synchronized void pause() {
    reading = false;
  }

  synchronized void resume() {
    reading = true;
    if (socket != null) {
      socket.request(1);
    }
  }

  // ---- Waiting ----

  /**
   * Waits until the question has an answer.
   *
   * @throws Disconnected if the connection ends before
   */
  synchronized <T> T await(String what, Function<SyncRules, @Nullable T> question)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      throwIfBroken();
      T answer = question.apply(rules);
      if (answer != null) {
        return answer;
      }
      if (ended != null) {
        throw new Disconnected(ended);
      }
      wait(remainingMillis(deadline, what));
    }
  }

  private long remainingMillis(long deadline, String what) {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw new AssertionError("waited too long for " + what + "; last: " + lastMessages());
    }
    return millis;
  }

  private List<JsonNode> lastMessages() {
    List<JsonNode> all = rules.messages();
    return all.subList(Math.max(0, all.size() - 5), all.size());
  }

  /** How the connection ended: code and reason. */
  synchronized String awaitEnd() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (ended == null) {
      wait(remainingMillis(deadline, "the end"));
    }
    throwIfBroken();
    return ended;
  }

  /** What is known now. */
  synchronized <T> T look(Function<SyncRules, T> question) {
    throwIfBroken();
    return question.apply(rules);
  }

  private void throwIfBroken() {
    if (broken != null) {
      throw new AssertionError("a rule of the protocol is broken", broken);
    }
  }

  /** Cuts the connection without a goodbye; throws if a rule was broken before. */
  void cut() {
    WebSocket open = socket;
    if (open != null) {
      open.abort();
    }
    end("cut");
    synchronized (this) {
      throwIfBroken();
    }
  }
}
