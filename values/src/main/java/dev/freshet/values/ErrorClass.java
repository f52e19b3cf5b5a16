package dev.freshet.values;

/**
 * What kind of failure a {@link FreshetException} is: decides the HTTP status, how a WebSocket
 * session ends, and whether user code may see and catch the error (spec 30 §5.1, 40 §7.8).
 */
public enum ErrorClass {
  BAD_REQUEST(400, true),
  PAGINATION_LIMIT(400, true),
  UNAUTHENTICATED(401, true),
  AUTH_UPDATE_FAILED(401, true),
  FORBIDDEN(403, true),
  NOT_FOUND(404, false),
  CLIENT_DISCONNECT(408, false),
  CONFLICT(409, true),
  MISDIRECTED_REQUEST(421, false),
  TOO_EARLY(425, false),
  RATE_LIMITED(429, false),
  OPERATIONAL(500, false),
  INTERNAL(500, false),
  /** Optimistic concurrency control: the transaction lost against a concurrent commit. */
  OCC(503, false),
  OUT_OF_RETENTION(503, false),
  OVERLOADED(503, false),
  FEATURE_TEMPORARILY_UNAVAILABLE(503, false),
  /** Refused before anything ran: safe to send again. */
  REJECTED_BEFORE_EXECUTION(503, false);

  private final int httpStatus;
  private final boolean deterministicUserError;

  ErrorClass(int httpStatus, boolean deterministicUserError) {
    this.httpStatus = httpStatus;
    this.deterministicUserError = deterministicUserError;
  }

  public int httpStatus() {
    return httpStatus;
  }

  /** Whether the same call fails the same way again, so that user code may see and catch it. */
  public boolean isDeterministicUserError() {
    return deterministicUserError;
  }
}
