package dev.freshet.server;

import dev.freshet.values.Clock;
import java.util.concurrent.TimeUnit;

/**
 * The silences of a sync connection (spec 10 §8): when a ping is due, and when the client must be
 * gone. Belongs to the session's thread.
 */
final class Liveness {
  private static final long PING_FRAME_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Below the 30 seconds after which some clients reconnect. */
  private static final long PING_MESSAGE_NANOS = TimeUnit.SECONDS.toNanos(15);

  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

  private final Clock clock;
  private final long openedAt;
  private long lastReceived;
  private long lastSent;
  private long lastPing;

  Liveness(Clock clock) {
    this.clock = clock;
    openedAt = clock.monotonicNanos();
    lastReceived = openedAt;
    lastSent = openedAt;
    lastPing = openedAt;
  }

  /** Nanoseconds since the connection was opened. */
  long age() {
    return clock.monotonicNanos() - openedAt;
  }

  void received() {
    lastReceived = clock.monotonicNanos();
  }

  void sent() {
    lastSent = clock.monotonicNanos();
  }

  void pinged() {
    lastPing = clock.monotonicNanos();
  }

  boolean clientIsGone() {
    return clock.monotonicNanos() - lastReceived >= SILENCE_NANOS;
  }

  /** Whether a WebSocket ping is due. */
  boolean pingFrameDue() {
    return clock.monotonicNanos() - lastPing >= PING_FRAME_NANOS;
  }

  /** Whether a message that says nothing is due, because none left for a while. */
  boolean pingMessageDue() {
    return clock.monotonicNanos() - lastSent >= PING_MESSAGE_NANOS;
  }

  /** On the monotonic clock. */
  long nextPing() {
    return Math.min(lastPing + PING_FRAME_NANOS, lastSent + PING_MESSAGE_NANOS);
  }
}
