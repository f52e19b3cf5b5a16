package dev.freshet.testkit;

import dev.freshet.values.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves only when a test moves it. Thread-safe. */
public final class SimulatedClock implements Clock {
  /** 2026-01-01T00:00:00Z. */
  public static final long DEFAULT_START_MILLIS = 1_767_225_600_000L;

  private final AtomicLong unixNanos;
  private final AtomicLong monotonicNanos = new AtomicLong();

  public SimulatedClock() {
    this(DEFAULT_START_MILLIS);
  }

  public SimulatedClock(long startUnixMillis) {
    unixNanos = new AtomicLong(startUnixMillis * 1_000_000);
  }

  @Override
  public long unixNanos() {
    return unixNanos.get();
  }

  @Override
  public long monotonicNanos() {
    return monotonicNanos.get();
  }

  /** Lets time pass. */
  public void advance(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("time does not pass backwards; use setUnixMillis");
    }
    unixNanos.addAndGet(time.toNanos());
    monotonicNanos.addAndGet(time.toNanos());
  }

  /** Sets the wall clock, as an administrator might: also backwards. */
  public void setUnixMillis(long unixMillis) {
    unixNanos.set(unixMillis * 1_000_000);
  }
}
