package dev.freshet.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.MutationResult;
import dev.freshet.server.ClientMessage.QueryModification;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A strict client: remembers what it asked for, applies what it gets, and fails at the first
 * message that breaks a rule of spec 10 §4.
 */
final class SyncClientModel {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final SyncWorld world;
  private final Map<Long, Map<Long, String>> querySets = new HashMap<>();
  private final Map<Long, Long> addedAt = new HashMap<>();
  private final Map<Long, String> identities = new HashMap<>();
  private final Deque<Long> unanswered = new ArrayDeque<>();
  private final Map<Long, Long> commits = new HashMap<>();
  private long lastQuerySet;
  private long lastIdentity;

  final List<JsonNode> messages = new ArrayList<>();
  StateVersion version = StateVersion.INITIAL;
  final Map<Long, String> results = new TreeMap<>();
  private long answeredUpTo;
  private boolean unreflected;

  SyncClientModel(SyncWorld world) {
    this.world = world;
    querySets.put(0L, Map.of());
    identities.put(0L, "nobody");
  }

  // ---- What the client sends ----

  void sentQuerySet(long newVersion, List<QueryModification> modifications) {
    Map<Long, String> queries = new TreeMap<>(requireNonNull(querySets.get(lastQuerySet)));
    for (QueryModification modification : modifications) {
      switch (modification) {
        case QueryModification.Add add -> {
          queries.put(add.queryId(), add.call().path());
          addedAt.put(add.queryId(), newVersion);
        }
        case QueryModification.Remove remove -> queries.remove(remove.queryId());
      }
    }
    querySets.put(newVersion, queries);
    lastQuerySet = newVersion;
  }

  void sentIdentity(long newVersion, String user) {
    identities.put(newVersion, user);
    lastIdentity = newVersion;
  }

  void sentMutation(long requestId) {
    unanswered.add(requestId);
  }

  /** The database has committed the mutation; the client cannot know yet. */
  void committed(long requestId, MutationResult result) {
    if (result.outcome() instanceof CallOutcome.Success) {
      commits.put(requestId, result.timestamp());
    }
  }

  // ---- What it gets ----

  void receive(byte[] text) {
    JsonNode message = MAPPER.readTree(text);
    messages.add(message);
    switch (message.path("type").stringValue()) {
      case "Transition" -> transition(message);
      case "MutationResponse" -> mutationResponse(message);
      case "ActionResponse" -> unreflected = true;
      case "Ping", "FatalError", "AuthError" -> {}
      default -> throw new AssertionError("unknown message " + message);
    }
  }

  private void mutationResponse(JsonNode message) {
    long id = message.path("requestId").longValue();
    assertThat(unanswered.poll()).as("responses come in order, once").isEqualTo(id);
    Long commit = commits.remove(id);
    assertThat(message.path("success").booleanValue()).isEqualTo(commit != null);
    if (commit != null) {
      long timestamp = WireTimestamp.decode(message.path("ts").stringValue());
      assertThat(timestamp).isEqualTo(commit);
      answeredUpTo = Math.max(answeredUpTo, timestamp);
    }
    unreflected = true;
  }

  private void transition(JsonNode message) {
    StateVersion start = version(message.path("startVersion"));
    StateVersion end = version(message.path("endVersion"));
    assertThat(start).as("transitions chain").isEqualTo(version);
    assertThat(end.querySet()).isGreaterThanOrEqualTo(start.querySet());
    assertThat(end.identity()).isGreaterThanOrEqualTo(start.identity());
    assertThat(end.timestamp()).as("time grows").isGreaterThanOrEqualTo(start.timestamp());
    assertThat(end.timestamp()).as("rule 11").isGreaterThanOrEqualTo(answeredUpTo);
    commits.forEach(
        (id, commit) ->
            assertThat(commit)
                .as("rule 10: mutation %s is visible before its response", id)
                .isGreaterThan(end.timestamp()));
    JsonNode modifications = message.path("modifications");
    assertThat(!modifications.isEmpty() || unreflected || !start.sameInputsAs(end))
        .as("an empty transition has a reason")
        .isTrue();
    modifications.forEach(modification -> apply(modification));
    version = end;
    unreflected = false;
    checkSnapshot();
  }

  private void apply(JsonNode modification) {
    long id = modification.path("queryId").longValue();
    switch (modification.path("type").stringValue()) {
      case "QueryUpdated" -> {
        String value = modification.path("value").toString();
        boolean addedAnew = addedAt.getOrDefault(id, 0L) > version.querySet();
        assertThat(value.equals(results.put(id, value)) && !addedAnew)
            .as("only news is sent")
            .isFalse();
      }
      case "QueryRemoved" ->
          assertThat(results.remove(id)).as("a removed query was there").isNotNull();
      default -> throw new AssertionError("unexpected " + modification);
    }
  }

  /** Rule 3: everything shown is true at one time, for one identity and one query set. */
  private void checkSnapshot() {
    Map<Long, String> expected = new TreeMap<>();
    String user = requireNonNull(identities.get(version.identity()));
    requireNonNull(querySets.get(version.querySet()))
        .forEach((id, key) -> expected.put(id, world.answer(key, version.timestamp(), user)));
    assertThat(results).isEqualTo(expected);
  }

  /** Nothing is owed to the client, and it sees the newest state. */
  void checkSettled() {
    assertThat(unanswered).isEmpty();
    assertThat(version.querySet()).isEqualTo(lastQuerySet);
    assertThat(version.identity()).isEqualTo(lastIdentity);
    assertThat(version.timestamp()).isGreaterThanOrEqualTo(answeredUpTo);
    assertThat(unreflected).as("a response is reflected by a transition").isFalse();
    Map<Long, String> newest = new TreeMap<>();
    String user = requireNonNull(identities.get(lastIdentity));
    requireNonNull(querySets.get(lastQuerySet))
        .forEach((id, key) -> newest.put(id, world.answer(key, world.latestTimestamp(), user)));
    assertThat(results).isEqualTo(newest);
  }

  List<JsonNode> ofType(String type) {
    return messages.stream()
        .filter(message -> message.path("type").stringValue().equals(type))
        .toList();
  }

  private static StateVersion version(JsonNode json) {
    return new StateVersion(
        json.path("querySet").longValue(),
        json.path("identity").longValue(),
        WireTimestamp.decode(json.path("ts").stringValue()));
  }
}
