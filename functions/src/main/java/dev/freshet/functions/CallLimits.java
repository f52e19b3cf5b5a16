package dev.freshet.functions;

import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;

/**
 * Bounds of one call and everything nested in it.
 *
 * @param userTime JavaScript time, waiting for the host excluded
 * @param systemTime time spent waiting for the host
 */
public record CallLimits(Duration userTime, Duration systemTime) {
  /** The bounds of a query or mutation. */
  public static CallLimits database(Limits limits) {
    return new CallLimits(
        Duration.ofSeconds(limits.get(Limit.DATABASE_UDF_USER_TIMEOUT_SECONDS)),
        Duration.ofSeconds(limits.get(Limit.DATABASE_UDF_SYSTEM_TIMEOUT_SECONDS)));
  }

  /** The bounds of evaluating one module at push. */
  public static CallLimits analysis(Limits limits) {
    return new CallLimits(
        Duration.ofSeconds(limits.get(Limit.ISOLATE_ANALYZE_USER_TIMEOUT_SECONDS)),
        Duration.ofSeconds(limits.get(Limit.DATABASE_UDF_SYSTEM_TIMEOUT_SECONDS)));
  }
}
