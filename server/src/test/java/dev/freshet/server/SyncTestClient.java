package dev.freshet.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.server.SyncTestSocket.Disconnected;
import dev.freshet.server.SyncTestSocket.Query;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One session over many connections, by the rules of the JavaScript client (spec 10 §10): on a new
 * connection it subscribes to everything again, with journals, and sends every mutation again that
 * no transition has reflected, in order, even if it was answered. Confined to one thread.
 */
final class SyncTestClient {
  private final WireApi api;
  private final Witness witness;
  private final UUID session = UUID.randomUUID();
  private final Map<Long, Query> queries = new TreeMap<>();
  private final Map<Long, Pending> pending = new TreeMap<>();
  private @Nullable SyncTestSocket socket;
  private int connections;
  private long maxObserved;
  private long nextQuery;
  private long nextRequest;
  private int resent;
  private int answeredTwice;

  /** A mutation that is not done, with the answer of an earlier connection. */
  private record Pending(String path, ObjectNode args, boolean sent, @Nullable JsonNode answer) {}

  SyncTestClient(WireApi api, Witness witness) {
    this.api = api;
    this.witness = witness;
  }

  /** Adds a query, which is sent when the next connection is made. */
  long watch(String path, ObjectNode args) {
    long id = nextQuery++;
    queries.put(id, new Query(id, path, args, null));
    return id;
  }

  /** Connects anew and repeats what is not done. */
  void connect() throws IOException {
    SyncTestSocket opened =
        SyncTestSocket.open(
            api, new SyncTestSocket.Connect(session, connections, maxObserved), witness);
    socket = opened;
    connections++;
    opened.modify(queries.values(), List.of());
    for (Map.Entry<Long, Pending> entry : pending.entrySet()) {
      Pending mutation = entry.getValue();
      resent += mutation.sent() ? 1 : 0;
      answeredTwice += mutation.answer() != null ? 1 : 0;
      send(entry.getKey(), mutation);
    }
  }

  private SyncTestSocket open() throws Disconnected {
    if (socket == null) {
      throw new Disconnected("not connected");
    }
    return socket;
  }

  private void send(long id, Pending mutation) throws IOException {
    pending.put(id, new Pending(mutation.path(), mutation.args(), true, mutation.answer()));
    open().mutate(id, mutation.path(), mutation.args(), mutation.sent());
  }

  /** Sends a mutation; it is pending from now on, also if the connection ends. */
  long mutate(String path, ObjectNode args) throws IOException {
    long id = nextRequest++;
    Pending mutation = new Pending(path, args, false, null);
    pending.put(id, mutation);
    send(id, mutation);
    return id;
  }

  /** Waits until every mutation is reflected; returns the responses in order. */
  List<JsonNode> settle() throws IOException, InterruptedException {
    List<JsonNode> responses = new ArrayList<>();
    for (Map.Entry<Long, Pending> entry : pending.entrySet()) {
      JsonNode response = open().awaitReflected(entry.getKey());
      checkSameAnswer(entry.getKey(), entry.getValue(), response);
      responses.add(response);
    }
    pending.clear();
    return responses;
  }

  private static void checkSameAnswer(long id, Pending mutation, JsonNode response) {
    if (mutation.answer() != null && mutation.answer().path("success").booleanValue()) {
      assertThat(response).as("the second answer to mutation %d", id).isEqualTo(mutation.answer());
    }
  }

  /** The newest value of a query. */
  JsonNode value(long queryId) throws IOException {
    return open().look(known -> requireNonNull(known.results().get(queryId)).path("value"));
  }

  /** Takes over what the connection that has ended told. */
  void disconnected() {
    SyncTestSocket ended = socket;
    socket = null;
    if (ended == null) {
      return;
    }
    ended.look(
        known -> {
          maxObserved = Math.max(maxObserved, known.version().timestamp());
          known.results().forEach(this::keepJournal);
          pending.replaceAll(
              (id, mutation) -> {
                JsonNode answer = known.responses().get(id);
                if (answer == null) {
                  return mutation;
                }
                checkSameAnswer(id, mutation, answer);
                return new Pending(mutation.path(), mutation.args(), true, answer);
              });
          return known;
        });
    for (Pending mutation : pending.values()) {
      JsonNode answer = mutation.answer();
      if (answer != null && answer.path("ts").isString()) {
        maxObserved = Math.max(maxObserved, WireTimestamp.decode(answer.path("ts").stringValue()));
      }
    }
    ended.cut();
  }

  private void keepJournal(long id, JsonNode result) {
    JsonNode journal = result.path("journal");
    queries.computeIfPresent(
        id,
        (_, query) ->
            new Query(
                id, query.path(), query.args(), journal.isString() ? journal.stringValue() : null));
  }

  boolean hasPending() {
    return !pending.isEmpty();
  }

  boolean isConnected() {
    return socket != null;
  }

  /** How many mutations were sent more than once. */
  int resent() {
    return resent;
  }

  /** How many of them had been answered before. */
  int answeredTwice() {
    return answeredTwice;
  }
}
