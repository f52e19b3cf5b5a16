package dev.freshet.functions;

/** The process of a runner ended while it was needed. */
final class RunnerDiedException extends RuntimeException {
  /** Why a runner died. */
  enum Cause {
    /** It was killed because JavaScript used up its time. */
    USER_TIMEOUT,
    OUT_OF_MEMORY,
    /** It sent what no runner sends. */
    PROTOCOL,
    /** The pool is being closed. */
    CLOSED,
    UNKNOWN
  }

  private final Cause reason;

  RunnerDiedException(Cause reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  Cause reason() {
    return reason;
  }
}
