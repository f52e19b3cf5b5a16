package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.Identity;
import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.server.ServerMessage.StateModification;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** One query of a session's set; belongs to the session's thread. */
final class LiveQuery {
  private final long id;
  private final FunctionCall call;
  private @Nullable String journal;
  private @Nullable LiveResult result;
  private @Nullable Identity ranAs;
  private byte @Nullable [] sentHash;

  LiveQuery(long id, FunctionCall call, @Nullable String journal) {
    this.id = id;
    this.call = call;
    this.journal = journal;
  }

  long id() {
    return id;
  }

  FunctionCall call() {
    return call;
  }

  @Nullable String journal() {
    return journal;
  }

  /** Whether the newest result still holds for this identity at this time. */
  boolean holds(Identity identity, long timestamp) {
    return result != null && identity.equals(ranAs) && result.subscription().validAt(timestamp);
  }

  void accept(LiveResult newer, Identity identity) {
    stopWatching();
    result = newer;
    journal = newer.journal();
    ranAs = identity;
  }

  /** What the client must be told about the newest result; null if it knows. */
  @Nullable StateModification news() {
    if (result == null) {
      throw new IllegalStateException("query " + id + " has not run");
    }
    byte[] hash = hash(result.outcome());
    if (sentHash != null && MessageDigest.isEqual(sentHash, hash)) {
      return null;
    }
    sentHash = hash;
    return switch (result.outcome()) {
      case CallOutcome.Success success ->
          new StateModification.Updated(id, success, result.journal());
      case CallOutcome.Failure failure ->
          new StateModification.Failed(id, failure, result.journal());
    };
  }

  void stopWatching() {
    if (result != null) {
      result.subscription().close();
    }
  }

  /** Equal for results that clients need not tell apart: request ids do not count (spec 10 §5). */
  private static byte[] hash(CallOutcome outcome) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    switch (outcome) {
      case CallOutcome.Success success -> {
        digest.update((byte) 's');
        update(digest, success.value());
      }
      case CallOutcome.Failure failure -> {
        digest.update((byte) 'f');
        update(digest, failure.detail().getBytes(UTF_8));
        if (failure.data() != null) {
          digest.update((byte) 'd');
          update(digest, failure.data());
        }
      }
    }
    for (String line : outcome.logLines()) {
      update(digest, line.getBytes(UTF_8));
    }
    return digest.digest();
  }

  private static void update(MessageDigest digest, byte[] part) {
    int length = part.length;
    digest.update((byte) (length >>> 24));
    digest.update((byte) (length >>> 16));
    digest.update((byte) (length >>> 8));
    digest.update((byte) length);
    digest.update(part);
  }
}
