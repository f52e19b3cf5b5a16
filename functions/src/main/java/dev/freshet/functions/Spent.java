package dev.freshet.functions;

import java.time.Duration;
import java.util.List;

/**
 * What a call of an action used.
 *
 * @param userTime JavaScript time
 * @param heapBytes the most memory that was seen in use by the call; 0: unknown
 * @param unawaited names of the operations that were still running when it returned
 */
public record Spent(Duration userTime, long heapBytes, List<String> unawaited) {
  public static final Spent NOTHING = new Spent(Duration.ZERO, 0, List.of());
}
