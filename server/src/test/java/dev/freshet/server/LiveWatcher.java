package dev.freshet.server;

import dev.freshet.server.SyncTestSocket.Query;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A connection that is subscribed to some queries, and writes down what it shows after every
 * transition: also of the queries that the transition did not mention, which it declares valid at
 * its time.
 */
final class LiveWatcher<Q extends LiveWatcher.Watched> {
  private static final int MAX_QUERIES = 4;

  /** A query that doesn't fail. */
  interface Watched {
    String path();

    ObjectNode args();

    /** Called for each value that a client shows, in this order. */
    default void shown(long timestamp, JsonNode value) {}
  }

  /** What a client showed of a query at a timestamp. */
  record Observation<Q>(long timestamp, Q query, JsonNode value) {}

  private final WireApi api;
  private final Witness witness;
  private final Map<Long, Q> queries = new ConcurrentHashMap<>();
  private final List<Long> subscribed = new ArrayList<>();
  private SyncTestSocket socket;
  private long nextQuery;

  LiveWatcher(WireApi api, Witness all, Queue<Observation<Q>> observations) throws IOException {
    this.api = api;
    witness =
        new Witness() {
          @Override
          void received(JsonNode message, SyncRules known) {
            all.received(message, known);
            if (message.path("type").stringValue().equals("Transition")) {
              long timestamp = known.version().timestamp();
              known
                  .results()
                  .forEach((id, result) -> observations.add(observe(timestamp, id, result)));
            }
          }

          @Override
          long acknowledged() {
            return all.acknowledged();
          }
        };
    socket = connect();
  }

  private SyncTestSocket connect() throws IOException {
    return SyncTestSocket.open(api, SyncTestSocket.Connect.fresh(), witness);
  }

  private Observation<Q> observe(long timestamp, long id, JsonNode result) {
    Q query = queries.get(id);
    if (query == null || !result.has("value")) {
      throw new AssertionError("a watched query cannot fail: " + result);
    }
    query.shown(timestamp, result.path("value"));
    return new Observation<>(timestamp, query, result.path("value"));
  }

  SyncTestSocket socket() {
    return socket;
  }

  /** Subscribes to another query, and gives up an old one. */
  void change(Q query, Random random) throws IOException {
    long id = nextQuery++;
    queries.put(id, query);
    List<Long> removed =
        subscribed.size() < MAX_QUERIES
            ? List.of()
            : List.of(subscribed.remove(random.nextInt(subscribed.size())));
    socket.modify(List.of(wire(id, null)), removed);
    subscribed.add(id);
  }

  private Query wire(long id, @Nullable String journal) {
    Q query = queries.get(id);
    if (query == null) {
      throw new AssertionError("never subscribed to " + id);
    }
    return new Query(id, query.path(), query.args(), journal);
  }

  /** Loses the connection and goes on with a new one, with the journals that it has. */
  void reconnect() throws IOException {
    Map<Long, JsonNode> last = socket.look(known -> Map.copyOf(known.results()));
    socket.cut();
    socket = connect();
    List<Query> again = new ArrayList<>();
    for (long id : subscribed) {
      JsonNode result = last.get(id);
      again.add(wire(id, result == null ? null : result.path("journal").stringValue(null)));
    }
    socket.modify(again, List.of());
  }

  /** What is shown now, if it is all that was asked for. */
  Map<Q, JsonNode> shown() {
    return socket.look(
        known -> {
          Map<Q, JsonNode> shown = new HashMap<>();
          known.results().forEach((id, result) -> shown.put(queries.get(id), result.path("value")));
          return shown;
        });
  }

  boolean isSettled() {
    return socket.look(SyncRules::isSettled);
  }
}
