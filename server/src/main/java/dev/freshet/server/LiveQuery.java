package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.Identity;
import dev.freshet.app.QuerySubscription;
import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.server.ServerMessage.StateModification;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * One query of a session's set; belongs to the session's thread. A result is kept until the client
 * has been told, then only its hash.
 */
final class LiveQuery {
  private final long id;
  private final FunctionCall call;
  private @Nullable String journal;
  private @Nullable QuerySubscription subscription;
  private @Nullable LiveResult untold;
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
    return subscription != null && identity.equals(ranAs) && subscription.validAt(timestamp);
  }

  void accept(LiveResult newer, Identity identity) {
    stopWatching();
    subscription = newer.subscription();
    untold = newer;
    journal = newer.journal();
    ranAs = identity;
  }

  /** What the client must be told about the newest result; null if it knows. */
  @Nullable StateModification news() {
    LiveResult result = untold;
    if (result == null) {
      return null;
    }
    untold = null;
    if (sentHash != null && MessageDigest.isEqual(sentHash, result.hash())) {
      return null;
    }
    sentHash = result.hash();
    return switch (result.outcome()) {
      case CallOutcome.Success success ->
          new StateModification.Updated(id, success, result.journal());
      case CallOutcome.Failure failure ->
          new StateModification.Failed(id, failure, result.journal());
    };
  }

  void stopWatching() {
    if (subscription != null) {
      subscription.close();
    }
  }
}
