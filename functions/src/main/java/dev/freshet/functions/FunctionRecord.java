package dev.freshet.functions;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How actions have behaved so far, by function. One that has not behaved for a while, or is new,
 * shares processes only with calls of its own; so what goes wrong in it strikes nobody else.
 * Thread-safe.
 */
final class FunctionRecord {
  private static final int PROVEN_CALLS = 5;
  private static final double LONG_TURN_MILLIS = 50;
  private static final long LARGE_GROWTH = 8 << 20;
  private static final int MAX_FUNCTIONS = 10_000;

  private final Map<String, Integer> goodCalls =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
          return size() > MAX_FUNCTIONS;
        }
      };

  /** A function of one deploy. */
  static String key(ActionCall call) {
    return call.modules().identity() + ' ' + call.path();
  }

  synchronized boolean isProven(String function) {
    return goodCalls.getOrDefault(function, 0) >= PROVEN_CALLS;
  }

  /**
   * A call has ended in order.
   *
   * @return whether the function is proven by it
   */
  synchronized boolean ended(String function, double longestTurnMillis, long grownBytes) {
    if (longestTurnMillis > LONG_TURN_MILLIS || grownBytes > LARGE_GROWTH) {
      goodCalls.remove(function);
      return false;
    }
    int had = goodCalls.getOrDefault(function, 0);
    goodCalls.put(function, Math.min(PROVEN_CALLS, had + 1));
    return had == PROVEN_CALLS - 1;
  }

  /** A call has cost its process. */
  synchronized void misbehaved(String function) {
    goodCalls.remove(function);
  }
}
