package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What a client may rely on during one connection (spec 10 §3-§6, §10), checked on every message:
 * remembers what was sent, applies what is received, and fails at the first broken rule. It is
 * stricter than any client: the Rust client's exact parsing, the JavaScript client's expectations
 * of order, and the promises of Freshet's own (a response precedes its transition, none after it is
 * older, an empty one has a reason).
 *
 * <p>It knows nothing of transports and of what results should be. Not thread-safe.
 */
final class SyncRules {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What a client says of itself when it connects, as far as rules depend on it. */
  record Client(boolean sentClock, boolean understandsChunks, long maxObserved) {}

  private final ChunkRules chunks = new ChunkRules();
  private final MessageShapes shapes;
  private final Client client;

  private final Map<Long, Set<Long>> querySets = new HashMap<>();
  private final Map<Long, TreeSet<Long>> addedAt = new HashMap<>();
  private final Map<Long, Long> notBefore = new HashMap<>();
  private long lastQuerySet;
  private long lastIdentity;

  private final Deque<Long> unansweredMutations = new ArrayDeque<>();
  private final Set<Long> unansweredActions = new HashSet<>();
  private final Set<Long> replays = new HashSet<>();

  private final List<JsonNode> messages = new ArrayList<>();
  private final Map<Long, JsonNode> results = new TreeMap<>();
  private final Map<Long, JsonNode> responses = new HashMap<>();
  private StateVersion version = StateVersion.INITIAL;
  private long answeredUpTo;
  private boolean unreflected;
  private boolean ended;

  SyncRules(Client client) {
    this.client = client;
    this.shapes = new MessageShapes(client.sentClock());
    querySets.put(0L, Set.of());
  }

  // ---- What the client sends ----

  /**
   * A change of the query set; the last word on an id counts.
   *
   * @param acknowledged the newest commit that any client knew of when this was sent: the results
   *     may not be older
   */
  void sentQuerySet(
      long newVersion, Collection<Long> added, Collection<Long> removed, long acknowledged) {
    Set<Long> queries = new TreeSet<>(requireNonNull(querySets.get(lastQuerySet)));
    queries.removeAll(removed);
    queries.addAll(added);
    added.forEach(id -> addedAt.computeIfAbsent(id, _ -> new TreeSet<>()).add(newVersion));
    querySets.put(newVersion, queries);
    notBefore.put(newVersion, acknowledged);
    lastQuerySet = newVersion;
  }

  void sentIdentity() {
    lastIdentity++;
  }

  void sentMutation(long requestId) {
    unansweredMutations.add(requestId);
  }

  /** A mutation that may have been executed on an earlier connection: it may be of the past. */
  void sentMutationAgain(long requestId) {
    replays.add(requestId);
    sentMutation(requestId);
  }

  void sentAction(long requestId) {
    unansweredActions.add(requestId);
  }

  // ---- What it gets ----

  /** Checks a message and returns it; null for a part of a transition that is not whole yet. */
  @Nullable JsonNode receive(byte[] text) {
    JsonNode message = MAPPER.readTree(text);
    String type = shapes.check(message);
    assertThat(ended).as("a message after the last word: %s", type).isFalse();
    if (type.equals("TransitionChunk")) {
      assertThat(client.understandsChunks()).as("chunks are for clients that know them").isTrue();
      byte[] whole = chunks.add(message);
      if (whole == null) {
        return null;
      }
      message = MAPPER.readTree(whole);
      assertThat(shapes.check(message)).isEqualTo("Transition");
      type = "Transition";
    } else if (!type.equals("Ping")) {
      chunks.expectNone();
    }
    messages.add(message);
    switch (type) {
      case "Transition" -> transition(message);
      case "MutationResponse" -> mutationResponse(message);
      case "ActionResponse" -> actionResponse(message);
      case "AuthError", "FatalError" -> ended = true;
      default -> {}
    }
    return message;
  }

  private void mutationResponse(JsonNode message) {
    long id = message.path("requestId").longValue();
    assertThat(unansweredMutations.poll()).as("responses come in order, once").isEqualTo(id);
    if (message.path("success").booleanValue()) {
      long commit = WireTimestamp.decode(message.path("ts").stringValue());
      if (!replays.contains(id)) {
        assertThat(commit)
            .as("rule 10: mutation %d is visible before its response", id)
            .isGreaterThan(version.timestamp());
      }
      answeredUpTo = Math.max(answeredUpTo, commit);
    }
    responses.put(id, message);
    unreflected = true;
  }

  private void actionResponse(JsonNode message) {
    long id = message.path("requestId").longValue();
    assertThat(unansweredActions.remove(id)).as("action %d was asked for, once", id).isTrue();
    responses.put(id, message);
    unreflected = true;
  }

  private void transition(JsonNode message) {
    StateVersion start = MessageShapes.version(message.path("startVersion"));
    StateVersion end = MessageShapes.version(message.path("endVersion"));
    assertThat(start).as("rule 1: transitions chain").isEqualTo(version);
    assertThat(end.querySet()).as("rule 2").isGreaterThanOrEqualTo(start.querySet());
    assertThat(end.identity()).as("rule 2").isBetween(start.identity(), lastIdentity);
    assertThat(end.timestamp()).as("rule 2").isGreaterThanOrEqualTo(start.timestamp());
    assertThat(querySets).as("only versions that were sent").containsKey(end.querySet());
    assertThat(end.timestamp()).as("rule 11").isGreaterThanOrEqualTo(answeredUpTo);
    assertThat(end.timestamp())
        .as("what was seen on another connection")
        .isGreaterThanOrEqualTo(client.maxObserved());
    assertThat(end.timestamp())
        .as("rule 12: what anyone knew when the query set was sent")
        .isGreaterThanOrEqualTo(notBefore.getOrDefault(end.querySet(), 0L));
    JsonNode modifications = message.path("modifications");
    assertThat(!modifications.isEmpty() || unreflected || !start.sameInputsAs(end))
        .as("an empty transition has a reason")
        .isTrue();
    checkCompleteness(start, end, modifications);
    modifications.forEach(modification -> apply(modification, end));
    version = end;
    unreflected = false;
    assertThat(results.keySet())
        .as("rule 7: every query of the set has a result, no other one")
        .isEqualTo(querySets.get(end.querySet()));
  }

  /** Rule 7: what is new comes with its first result, what is gone is reported, each once. */
  private void checkCompleteness(StateVersion start, StateVersion end, JsonNode modifications) {
    Set<Long> modified = new HashSet<>();
    for (JsonNode modification : modifications) {
      long id = modification.path("queryId").longValue();
      assertThat(modified.add(id)).as("query %d is modified once", id).isTrue();
      boolean inSet = requireNonNull(querySets.get(end.querySet())).contains(id);
      boolean removal = modification.path("type").stringValue().equals("QueryRemoved");
      assertThat(inSet).as("query %d: %s", id, modification.path("type")).isEqualTo(!removal);
    }
    for (long id : requireNonNull(querySets.get(end.querySet()))) {
      if (isNew(id, start, end)) {
        assertThat(modified).as("the first result of query %d", id).contains(id);
      }
    }
  }

  private boolean isNew(long id, StateVersion start, StateVersion end) {
    Long added = requireNonNull(addedAt.get(id)).higher(start.querySet());
    return added != null && added <= end.querySet();
  }

  private void apply(JsonNode modification, StateVersion end) {
    long id = modification.path("queryId").longValue();
    if (modification.path("type").stringValue().equals("QueryRemoved")) {
      assertThat(results.remove(id)).as("a removed query was there").isNotNull();
      return;
    }
    JsonNode previous = results.put(id, modification);
    if (previous != null && !isNew(id, version, end)) {
      assertThat(news(modification)).as("only news is sent").isNotEqualTo(news(previous));
    }
  }

  /** What of a result makes a client render again. */
  private static List<String> news(JsonNode modification) {
    return List.of(
        modification.path("type").toString(),
        modification.path("value").toString(),
        modification.path("errorMessage").toString().replaceFirst("Request ID: [0-9a-f]{16}", ""),
        modification.path("logLines").toString());
  }

  /** Nothing is owed to the client: everything it sent is answered and reflected. */
  boolean isSettled() {
    return unansweredMutations.isEmpty()
        && unansweredActions.isEmpty()
        && version.querySet() == lastQuerySet
        && version.identity() == lastIdentity
        && version.timestamp() >= answeredUpTo
        && !unreflected;
  }

  // ---- What it knows ----

  StateVersion version() {
    return version;
  }

  long lastQuerySet() {
    return lastQuerySet;
  }

  long lastIdentity() {
    return lastIdentity;
  }

  /** Everything received, transitions whole. */
  List<JsonNode> messages() {
    return messages;
  }

  List<JsonNode> ofType(String type) {
    return messages.stream()
        .filter(message -> message.path("type").stringValue().equals(type))
        .toList();
  }

  /** The newest {@code QueryUpdated} or {@code QueryFailed} of every query. */
  Map<Long, JsonNode> results() {
    return results;
  }

  /** By request id. */
  Map<Long, JsonNode> responses() {
    return responses;
  }

  int chunkCount() {
    return chunks.count();
  }

  /** Puts the parts of large transitions together, as the JavaScript client does. */
  private static final class ChunkRules {
    private static final int MAX_BYTES = 5_000_000;

    private final StringBuilder text = new StringBuilder();
    private int parts;
    private int count;
    private @Nullable String id;
    private int total;

    byte @Nullable [] add(JsonNode message) {
      if (parts == 0) {
        id = message.path("transitionId").stringValue();
        total = message.path("totalParts").intValue();
        assertThat(total).as("one part is no reason for chunks").isGreaterThan(1);
      }
      assertThat(message.path("transitionId").stringValue()).isEqualTo(id);
      assertThat(message.path("totalParts").intValue()).isEqualTo(total);
      assertThat(message.path("partNumber").intValue()).as("chunks in order").isEqualTo(parts);
      String chunk = message.path("chunk").stringValue();
      assertThat(chunk.getBytes(UTF_8).length).isLessThanOrEqualTo(MAX_BYTES);
      text.append(chunk);
      parts++;
      count++;
      if (parts < total) {
        return null;
      }
      byte[] whole = text.toString().getBytes(UTF_8);
      assertThat(id).as("the id is the length").isEqualTo(String.valueOf(whole.length));
      text.setLength(0);
      parts = 0;
      return whole;
    }

    void expectNone() {
      assertThat(parts).as("nothing but a Ping between chunks").isZero();
    }

    int count() {
      return count;
    }
  }
}
