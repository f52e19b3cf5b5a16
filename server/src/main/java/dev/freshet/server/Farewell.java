package dev.freshet.server;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import org.jspecify.annotations.Nullable;

/**
 * How a sync session ends after a failure, by the failure's class (spec 10 §9). {@code FatalError}
 * stops a client for good, so only errors that the client itself makes get one.
 *
 * @param message what is said first, null for nothing
 */
record Farewell(@Nullable ServerMessage message, int code, String reason) {
  /**
   * @param identityVersion of the last transition sent
   */
  static Farewell after(FreshetException failure, long identityVersion) {
    return switch (failure.errorClass()) {
      case UNAUTHENTICATED, AUTH_UPDATE_FAILED ->
          new Farewell(
              new ServerMessage.AuthError(
                  failure.text(),
                  identityVersion,
                  failure.errorClass() == ErrorClass.AUTH_UPDATE_FAILED),
              SyncSocket.NO_CODE,
              "");
      case BAD_REQUEST, CONFLICT ->
          new Farewell(new ServerMessage.FatalError(failure.text()), SyncSocket.NO_CODE, "");
      case FORBIDDEN, PAGINATION_LIMIT ->
          new Farewell(
              new ServerMessage.FatalError(failure.text()), SyncSocket.NORMAL, failure.code());
      case NOT_FOUND, CLIENT_DISCONNECT -> new Farewell(null, SyncSocket.NORMAL, failure.code());
      case OCC,
          OUT_OF_RETENTION,
          OVERLOADED,
          FEATURE_TEMPORARILY_UNAVAILABLE,
          REJECTED_BEFORE_EXECUTION,
          RATE_LIMITED,
          MISDIRECTED_REQUEST,
          TOO_EARLY ->
          new Farewell(null, SyncSocket.TRY_AGAIN_LATER, failure.code());
      case OPERATIONAL, INTERNAL ->
          new Farewell(null, SyncSocket.SERVER_ERROR, "InternalServerError");
    };
  }
}
