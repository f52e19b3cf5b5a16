package dev.freshet.values;

/**
 * The time, injected wherever code below {@code server} needs it. Implementations are thread-safe.
 */
public interface Clock {
  /** Nanoseconds since the Unix epoch; may step backwards when the system clock is set. */
  long unixNanos();

  /** Nanoseconds from an arbitrary origin; never goes backwards. */
  long monotonicNanos();

  default long unixMillis() {
    return unixNanos() / 1_000_000;
  }

  /** The machine's clocks. */
  static Clock system() {
    return SystemClock.INSTANCE;
  }
}
