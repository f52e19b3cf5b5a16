package dev.freshet.functions;

import java.time.Duration;

/**
 * What a top-level call with all that is nested in it has used up. Confined to the thread that
 * serves it.
 */
final class Budget {
  private final long userLimit;
  private final long systemLimit;
  private long user;
  private long system;

  Budget(CallLimits limits) {
    userLimit = limits.userTime().toNanos();
    systemLimit = limits.systemTime().toNanos();
  }

  long userLeft() {
    return Math.max(0, userLimit - user);
  }

  void addUser(long nanos) {
    user += nanos;
  }

  long userNanos() {
    return user;
  }

  void addSystem(long nanos) {
    system += nanos;
  }

  boolean isSystemExceeded() {
    return system > systemLimit;
  }

  JsError timeout() {
    return timeout(Duration.ofNanos(userLimit));
  }

  /** The error of a function that ran for too long. */
  static JsError timeout(Duration limit) {
    return JsError.of("Function execution timed out (maximum duration: " + seconds(limit) + ")");
  }

  static String seconds(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + "s"
        : duration.toMillis() / 1000.0 + "s";
  }
}
