package dev.freshet.app;

import dev.freshet.app.Permits.Permit;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a call comes from: appears in error texts, in the function log and in {@code ctx.meta}.
 *
 * @param requestId 16 hexadecimal digits, or what the client sent as its request id
 * @param session the WebSocket request this call answers, if it answers one
 * @param clientAddress the client's IP address, if known
 * @param waitedNanos how long it has waited to be handled at all; part of the time that it may wait
 *     for a place to run
 * @param parent the action that makes the call; null if it comes from outside
 * @param gone whether nobody waits for the answer any more; then a call that has not begun is
 *     dropped
 */
public record RequestContext(
    String requestId,
    Caller caller,
    @Nullable SessionRequestId session,
    @Nullable String clientAddress,
    @Nullable String userAgent,
    long waitedNanos,
    @Nullable Parent parent,
    BooleanSupplier gone) {
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * A running action that calls a function.
   *
   * @param depth how many actions there are above the call, this one included
   */
  public record Parent(String executionId, int depth) {}

  /** Of a call from outside whose caller waits as long as it takes. */
  public RequestContext(
      String requestId,
      Caller caller,
      @Nullable SessionRequestId session,
      @Nullable String clientAddress,
      @Nullable String userAgent,
      long waitedNanos) {
    this(requestId, caller, session, clientAddress, userAgent, waitedNanos, null, () -> false);
  }

  public static RequestContext of(String requestId, Caller caller) {
    return new RequestContext(requestId, caller, null, null, null, 0);
  }

  RequestContext withRequestId(String id) {
    return new RequestContext(
        id, caller, session, clientAddress, userAgent, waitedNanos, parent, gone);
  }

  /** The same for a caller that may leave. */
  public RequestContext whileNot(BooleanSupplier left) {
    return new RequestContext(
        requestId, caller, session, clientAddress, userAgent, waitedNanos, parent, left);
  }

  /** For what an action that was called in this context calls. */
  RequestContext ofCallBy(String executionId) {
    return new RequestContext(
        requestId,
        Caller.ACTION,
        null,
        clientAddress,
        userAgent,
        0,
        new Parent(executionId, actionDepth() + 1),
        () -> false);
  }

  /** How many actions there are above the call. */
  int actionDepth() {
    return parent == null ? 0 : parent.depth();
  }

  /** Whether one of the app's own functions makes the call. */
  boolean isInner() {
    return parent != null;
  }

  /** Whose request it is, where clients share something fairly. */
  public Object client() {
    if (session != null) {
      return session.session();
    }
    return clientAddress != null ? clientAddress : "";
  }

  /**
   * Waits for a place to run. A function's own calls come before those from outside, and wait for
   * any time: their caller has begun, and must be able to end.
   */
  Permit place(Permits permits) {
    Permit permit = isInner() ? permits.acquireAgain() : permits.acquire(client(), waitedNanos);
    if (gone.getAsBoolean()) {
      permit.close();
      throw new FreshetException(
          ErrorClass.CLIENT_DISCONNECT,
          "ClientDisconnected",
          "The caller left before its call could begin.");
    }
    return permit;
  }

  /** A new random request id: 8 bytes in hexadecimal. */
  public static String newRequestId() {
    byte[] bytes = new byte[8];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
