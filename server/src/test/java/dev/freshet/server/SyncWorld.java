package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationResult;
import dev.freshet.app.QuerySubscription;
import dev.freshet.app.SessionRequestId;
import dev.freshet.app.UserAttributes;
import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.server.ClientMessage.Token;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A database of counters in memory, as sync sessions see an application. The query {@code k}
 * answers the counter k and who asks; the mutation {@code k} counts it up.
 */
final class SyncWorld implements SyncBackend {
  private final Map<String, NavigableMap<Long, Integer>> history = new HashMap<>();
  private final List<Watch> watches = new ArrayList<>();
  private long latest = 1_000;
  private @Nullable FreshetException nextQueryFailure;

  /** A result that is watched. */
  private final class Watch implements QuerySubscription {
    private final String key;
    private final long readAt;
    private final Runnable onInvalid;
    private boolean fired;

    Watch(String key, long readAt, Runnable onInvalid) {
      this.key = key;
      this.readAt = readAt;
      this.onInvalid = onInvalid;
    }

    @Override
    public boolean validAt(long timestamp) {
      return history(key).subMap(readAt, false, timestamp, true).isEmpty();
    }

    @Override
    public void close() {
      watches.remove(this);
    }

    void check() {
      if (!fired && !validAt(latest)) {
        fired = true;
        onInvalid.run();
      }
    }
  }

  int openWatches() {
    return watches.size();
  }

  /** Counts a counter up; returns the commit's timestamp. */
  long commit(String key) {
    latest += 10;
    history(key).merge(latest, valueAt(key, latest) + 1, (_, next) -> next);
    List.copyOf(watches).forEach(Watch::check);
    return latest;
  }

  int valueAt(String key, long timestamp) {
    Map.Entry<Long, Integer> entry = history(key).floorEntry(timestamp);
    return entry == null ? 0 : entry.getValue();
  }

  /** What a client sees of a counter. */
  String answer(String key, long timestamp, String user) {
    return "\"" + key + "=" + valueAt(key, timestamp) + " for " + user + "\"";
  }

  private NavigableMap<Long, Integer> history(String key) {
    return history.computeIfAbsent(key, _ -> new TreeMap<>());
  }

  void failNextQuery(ErrorClass errorClass) {
    nextQueryFailure = new FreshetException(errorClass, "Planned", "planned");
  }

  @Override
  public long latestTimestamp() {
    return latest;
  }

  @Override
  public void awaitTimestamp(long timestamp) {
    latest = Math.max(latest, timestamp);
  }

  @Override
  public Identity authenticate(Token token) {
    return switch (token) {
      case Token.None _ -> Identity.anonymous();
      case Token.User user when user.jwt().equals("bad") ->
          throw new FreshetException(ErrorClass.UNAUTHENTICATED, "NoAuthProvider", "bad token");
      case Token.User user -> new Identity.User(new UserAttributes(user.jwt(), "{}"));
      case Token.Admin _ -> throw new IllegalArgumentException();
    };
  }

  static String name(Identity identity) {
    return identity instanceof Identity.User user ? user.user().tokenIdentifier() : "nobody";
  }

  @Override
  public LiveResult query(
      FunctionCall call,
      Identity identity,
      @Nullable String journal,
      long timestamp,
      Runnable onInvalid) {
    if (nextQueryFailure != null) {
      FreshetException failure = nextQueryFailure;
      nextQueryFailure = null;
      throw failure;
    }
    Watch watch = new Watch(call.path(), timestamp, onInvalid);
    watches.add(watch);
    byte[] value = answer(call.path(), timestamp, name(identity)).getBytes(UTF_8);
    watch.check();
    return new LiveResult(new CallOutcome.Success(value, List.of()), "journal " + timestamp, watch);
  }

  /** A mutation of a counter that starts with "bad" fails. */
  @Override
  public MutationResult mutation(
      FunctionCall call, Identity identity, @Nullable SessionRequestId session) {
    if (call.path().startsWith("bad")) {
      return new MutationResult(
          latest, new CallOutcome.Failure("Server Error", "Server Error", null, List.of()));
    }
    long timestamp = commit(call.path());
    return new MutationResult(
        timestamp, new CallOutcome.Success("null".getBytes(UTF_8), List.of()));
  }

  @Override
  public CallOutcome action(
      FunctionCall call, Identity identity, @Nullable SessionRequestId session) {
    return new CallOutcome.Failure("not yet", "not yet", null, List.of());
  }
}
