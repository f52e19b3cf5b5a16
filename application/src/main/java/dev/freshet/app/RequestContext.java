package dev.freshet.app;

import dev.freshet.app.Permits.Permit;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Where a call comes from: appears in error texts, in the function log and in {@code ctx.meta}.
 *
 * @param requestId 16 hexadecimal digits, or what the client sent as its request id
 * @param session the WebSocket request this call answers, if it answers one
 * @param clientAddress the client's IP address, if known
 * @param waitedNanos how long it has waited to be handled at all; part of the time that it may wait
 *     for a place to run
 */
public record RequestContext(
    String requestId,
    Caller caller,
    @Nullable SessionRequestId session,
    @Nullable String clientAddress,
    @Nullable String userAgent,
    long waitedNanos) {
  private static final SecureRandom RANDOM = new SecureRandom();

  public static RequestContext of(String requestId, Caller caller) {
    return new RequestContext(requestId, caller, null, null, null, 0);
  }

  RequestContext withRequestId(String id) {
    return new RequestContext(id, caller, session, clientAddress, userAgent, waitedNanos);
  }

  /** Whose request it is, where clients share something fairly. */
  public Object client() {
    if (session != null) {
      return session.session();
    }
    return clientAddress != null ? clientAddress : "";
  }

  /** Waits for a place to run. */
  Permit place(Permits permits) {
    return permits.acquire(client(), waitedNanos);
  }

  /** A new random request id: 8 bytes in hexadecimal. */
  public static String newRequestId() {
    byte[] bytes = new byte[8];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
