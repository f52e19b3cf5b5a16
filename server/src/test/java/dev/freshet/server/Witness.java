package dev.freshet.server;

import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;

/**
 * What all clients of a test have seen together: the newest commit that any of them knows of, which
 * whoever asks afterwards must see too. Thread-safe.
 */
class Witness {
  private final AtomicLong acknowledged = new AtomicLong();

  /** Called for every whole message of every connection, in the connection's order. */
  void received(JsonNode message, SyncRules known) {
    if (message.path("ts").isString()) {
      acknowledge(WireTimestamp.decode(message.path("ts").stringValue()));
    }
  }

  void acknowledge(long timestamp) {
    acknowledged.accumulateAndGet(timestamp, Math::max);
  }

  long acknowledged() {
    return acknowledged.get();
  }
}
