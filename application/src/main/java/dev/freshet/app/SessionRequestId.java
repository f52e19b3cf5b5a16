package dev.freshet.app;

import java.util.UUID;

/**
 * The idempotency key of a mutation sent over a WebSocket (spec 10 §6).
 *
 * @param requestId the client's request number, unsigned 32 bits
 */
public record SessionRequestId(UUID session, long requestId) {}
