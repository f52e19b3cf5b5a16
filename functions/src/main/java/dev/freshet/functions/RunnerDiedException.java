package dev.freshet.functions;

/** The process of a runner ended while it was needed. */
final class RunnerDiedException extends RuntimeException {
  private final CauseOfDeath reason;

  RunnerDiedException(CauseOfDeath reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  CauseOfDeath reason() {
    return reason;
  }
}
