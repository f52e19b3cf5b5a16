package dev.freshet.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.MutationResult;
import dev.freshet.server.ClientMessage.QueryModification;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A strict client that knows the world it looks at: besides {@link SyncRules} it checks that
 * everything shown was true at one time, and that no commit is visible before its response.
 */
final class SyncClientModel {
  private final SyncWorld world;
  private SyncRules rules = new SyncRules(new SyncRules.Client(false, true, 0));
  private final Map<Long, Map<Long, String>> querySets = new HashMap<>();
  private final Map<Long, String> identities = new HashMap<>();
  private final Map<Long, Long> commits = new HashMap<>();

  SyncClientModel(SyncWorld world) {
    this.world = world;
    querySets.put(0L, Map.of());
    identities.put(0L, "nobody");
  }

  // ---- What the client sends ----

  void sentConnect(ClientMessage.Connect connect) {
    Long observed = connect.maxObservedTimestamp();
    rules =
        new SyncRules(
            new SyncRules.Client(
                connect.clientMillis() != null, true, observed == null ? 0 : observed));
  }

  void sentQuerySet(long newVersion, List<QueryModification> modifications) {
    Map<Long, String> queries = new TreeMap<>(requireNonNull(querySets.get(rules.lastQuerySet())));
    List<Long> added = new ArrayList<>();
    List<Long> removed = new ArrayList<>();
    for (QueryModification modification : modifications) {
      switch (modification) {
        case QueryModification.Add add -> {
          queries.put(add.queryId(), add.call().path());
          added.add(add.queryId());
        }
        case QueryModification.Remove remove -> {
          queries.remove(remove.queryId());
          removed.add(remove.queryId());
        }
      }
    }
    querySets.put(newVersion, queries);
    rules.sentQuerySet(newVersion, added, removed, world.latestTimestamp());
  }

  void sentIdentity(long newVersion, String user) {
    identities.put(newVersion, user);
    rules.sentIdentity();
  }

  void sentMutation(long requestId) {
    rules.sentMutation(requestId);
  }

  void sentAction(long requestId) {
    rules.sentAction(requestId);
  }

  /** The database has committed the mutation; the client cannot know yet. */
  void committed(long requestId, MutationResult result) {
    if (result.outcome() instanceof CallOutcome.Success) {
      commits.put(requestId, result.timestamp());
    }
  }

  // ---- What it gets ----

  void receive(byte[] text) {
    JsonNode message = rules.receive(text);
    if (message == null) {
      return;
    }
    switch (message.path("type").stringValue()) {
      case "Transition" -> checkSnapshot();
      case "MutationResponse" -> checkCommit(message);
      default -> {}
    }
  }

  private void checkCommit(JsonNode message) {
    Long commit = commits.remove(message.path("requestId").longValue());
    assertThat(message.path("success").booleanValue()).isEqualTo(commit != null);
    if (commit != null) {
      assertThat(WireTimestamp.decode(message.path("ts").stringValue())).isEqualTo(commit);
    }
  }

  /** Rule 3: everything shown is true at one time, for one identity and one query set. */
  private void checkSnapshot() {
    StateVersion version = rules.version();
    commits.forEach(
        (id, commit) ->
            assertThat(commit)
                .as("rule 10: mutation %s is visible before its response", id)
                .isGreaterThan(version.timestamp()));
    assertThat(values())
        .isEqualTo(truth(version.querySet(), version.identity(), version.timestamp()));
  }

  private Map<Long, String> truth(long querySet, long identity, long timestamp) {
    Map<Long, String> truth = new TreeMap<>();
    String user = requireNonNull(identities.get(identity));
    requireNonNull(querySets.get(querySet))
        .forEach((id, key) -> truth.put(id, world.answer(key, timestamp, user)));
    return truth;
  }

  /** The results shown, as JSON. */
  Map<Long, String> values() {
    Map<Long, String> values = new TreeMap<>();
    rules.results().forEach((id, result) -> values.put(id, result.path("value").toString()));
    return values;
  }

  /** The result of one query, as JSON. */
  @Nullable String value(long queryId) {
    return values().get(queryId);
  }

  StateVersion version() {
    return rules.version();
  }

  List<JsonNode> messages() {
    return rules.messages();
  }

  List<JsonNode> ofType(String type) {
    return rules.ofType(type);
  }

  /** Nothing is owed to the client, and it sees the newest state. */
  void checkSettled() {
    assertThat(rules.isSettled()).as("everything is answered and reflected").isTrue();
    assertThat(values())
        .isEqualTo(truth(rules.lastQuerySet(), rules.lastIdentity(), world.latestTimestamp()));
  }
}
