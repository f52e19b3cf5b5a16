package dev.freshet.server;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a client says over the sync WebSocket (spec 10 §2). Numbers are unsigned 32-bit unless
 * noted; JSON inside a message (arguments, identities) stays the client's own bytes.
 */
sealed interface ClientMessage {
  /**
   * @param session null where an old client sends none: its mutations are not idempotent
   * @param maxObservedTimestamp newest commit the client has seen anywhere, null if none
   * @param clientMillis the client's clock, null if not told
   */
  record Connect(
      @Nullable UUID session,
      long connectionCount,
      String lastCloseReason,
      @Nullable Long maxObservedTimestamp,
      @Nullable Long clientMillis)
      implements ClientMessage {}

  record ModifyQuerySet(long baseVersion, long newVersion, List<QueryModification> modifications)
      implements ClientMessage {}

  /** One change of the query set. */
  sealed interface QueryModification {
    long queryId();

    record Add(long queryId, FunctionCall call, @Nullable String journal)
        implements QueryModification {}

    record Remove(long queryId) implements QueryModification {}
  }

  record Mutation(long requestId, FunctionCall call) implements ClientMessage {}

  record Action(long requestId, FunctionCall call) implements ClientMessage {}

  record Authenticate(long baseVersion, Token token) implements ClientMessage {}

  /** Telemetry, never answered. */
  record Event(String eventType) implements ClientMessage {}

  /**
   * The function a client asks for, as it wrote it.
   *
   * @param args JSON array, UTF-8
   * @param componentPath null where absent
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record FunctionCall(String path, byte[] args, @Nullable String componentPath) {}

  /** Who the client says it is. */
  sealed interface Token {
    record None() implements Token {}

    record User(String jwt) implements Token {
      @Override
      public String toString() {
        return "User[…]";
      }
    }

    /**
     * @param actingAs identity attributes as a JSON object, UTF-8; null for none
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Admin(String key, byte @Nullable [] actingAs) implements Token {
      @Override
      public String toString() {
        return "Admin[…]";
      }
    }
  }
}
