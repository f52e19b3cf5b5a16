package dev.freshet.server;

import dev.freshet.server.ListTransactions.Range;
import dev.freshet.server.SyncTestSocket.Query;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;

/**
 * A connection that is subscribed to some ranges, and writes down what it shows after every
 * transition: also of the ranges that the transition did not mention, which it declares valid at
 * its time.
 */
final class RangeWatcher {
  private static final int MAX_QUERIES = 4;

  /** What a client showed of a range at a timestamp. */
  record Observation(long timestamp, Range range, JsonNode value) {}

  private final Map<Long, Range> ranges = new ConcurrentHashMap<>();
  private final List<Long> subscribed = new ArrayList<>();
  private final SyncTestSocket socket;
  private long nextQuery;

  RangeWatcher(WireApi api, Witness all, Queue<Observation> observations) throws IOException {
    socket =
        SyncTestSocket.open(
            api,
            SyncTestSocket.Connect.fresh(),
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
            });
  }

  private Observation observe(long timestamp, long id, JsonNode result) {
    Range range = ranges.get(id);
    if (range == null || !result.has("value")) {
      throw new AssertionError("a query of a range cannot fail: " + result);
    }
    return new Observation(timestamp, range, result.path("value"));
  }

  SyncTestSocket socket() {
    return socket;
  }

  /** Subscribes to another range, and gives up an old one. */
  void change(Range range, Random random) throws IOException {
    long id = nextQuery++;
    ranges.put(id, range);
    List<Long> removed =
        subscribed.size() < MAX_QUERIES
            ? List.of()
            : List.of(subscribed.remove(random.nextInt(subscribed.size())));
    socket.modify(List.of(new Query(id, "lists:between", range.json(), null)), removed);
    subscribed.add(id);
  }

  /** What is shown now, if it is all that was asked for. */
  Map<Range, JsonNode> shown() {
    return socket.look(
        known -> {
          Map<Range, JsonNode> shown = new HashMap<>();
          known.results().forEach((id, result) -> shown.put(ranges.get(id), result.path("value")));
          return shown;
        });
  }

  boolean isSettled() {
    return socket.look(SyncRules::isSettled);
  }
}
