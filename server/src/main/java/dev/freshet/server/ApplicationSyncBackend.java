package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.Application;
import dev.freshet.app.CallOutcome;
import dev.freshet.app.Caller;
import dev.freshet.app.FunctionPath;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationRequest;
import dev.freshet.app.MutationResult;
import dev.freshet.app.QueryRequest;
import dev.freshet.app.QueryResult;
import dev.freshet.app.QuerySubscription;
import dev.freshet.app.RequestContext;
import dev.freshet.app.SessionRequestId;
import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.server.ClientMessage.Token;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectMapper;

/** The application as the sync sessions of one connection see it. */
final class ApplicationSyncBackend implements SyncBackend {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int MAX_ATTEMPTS = 8;
  private static final long FIRST_BACKOFF_MILLIS = 100;
  private static final long MAX_BACKOFF_MILLIS = 2_000;

  private final Application application;
  private final Clock clock;
  private final @Nullable String clientAddress;
  private final @Nullable String userAgent;
  private final boolean redact;
  private volatile boolean closed;

  /**
   * @param redact withholds error texts from the client
   */
  ApplicationSyncBackend(
      Application application,
      Clock clock,
      @Nullable String clientAddress,
      @Nullable String userAgent,
      boolean redact) {
    this.application = application;
    this.clock = clock;
    this.clientAddress = clientAddress;
    this.userAgent = userAgent;
    this.redact = redact;
  }

  @Override
  public long latestTimestamp() {
    return application.functions().latestTimestamp();
  }

  @Override
  public void awaitTimestamp(long timestamp) {
    while (latestTimestamp() < timestamp) {
      long nanos = timestamp - clock.unixNanos();
      if (nanos < 0) {
        application.functions().advanceTimestamp();
      } else {
        sleep(nanos / 1_000_000 + 1);
      }
    }
  }

  @Override
  public Identity authenticate(Token token) {
    return switch (token) {
      case Token.None _ -> Identity.anonymous();
      case Token.User user -> application.authenticator().authenticateUser(user.jwt());
      case Token.Admin admin ->
          application
              .authenticator()
              .authenticateAdmin(
                  admin.key(), admin.actingAs() == null ? null : MAPPER.readTree(admin.actingAs()));
    };
  }

  @Override
  public LiveResult query(
      FunctionCall call,
      Identity identity,
      @Nullable String journal,
      long timestamp,
      Runnable onInvalid) {
    RequestContext context = context(null);
    try {
      return watched(
          application.functions().query(request(call, identity, journal, timestamp, context)),
          onInvalid);
    } catch (FreshetException e) {
      return new LiveResult(failure(e, context), null, Unchanging.INSTANCE);
    }
  }

  @Override
  public @Nullable LiveResult knownResult(
      FunctionCall call,
      Identity identity,
      @Nullable String journal,
      long timestamp,
      Runnable onInvalid) {
    try {
      QueryResult known =
          application.functions().known(request(call, identity, journal, timestamp, context(null)));
      return known == null ? null : watched(known, onInvalid);
    } catch (FreshetException e) {
      return null; // running it will show the failure
    }
  }

  private LiveResult watched(QueryResult result, Runnable onInvalid) {
    return new LiveResult(
        result.outcome(),
        result.hash(),
        result.journal(),
        application.functions().subscribe(result, onInvalid));
  }

  private static QueryRequest request(
      FunctionCall call,
      Identity identity,
      @Nullable String journal,
      long timestamp,
      RequestContext context) {
    return new QueryRequest(
        FunctionPath.parse(call.path()),
        call.args(),
        identity,
        call.componentPath(),
        journal,
        timestamp,
        context);
  }

  /** Of a result that read nothing: it never changes. */
  private enum Unchanging implements QuerySubscription {
    INSTANCE;

    @Override
    public boolean validAt(long timestamp) {
      return true;
    }

    @Override
    public void close() {}
  }

  @Override
  public MutationResult mutation(
      FunctionCall call, Identity identity, @Nullable SessionRequestId session) {
    RequestContext context = context(session);
    for (int attempt = 1; ; attempt++) {
      try {
        return application.functions().mutation(request(call, identity, context));
      } catch (FreshetException e) {
        if (!mayTryAgain(e) || attempt == MAX_ATTEMPTS) {
          return new MutationResult(latestTimestamp(), failure(e, context));
        }
        backOff(attempt);
      }
    }
  }

  @Override
  public CallOutcome action(
      FunctionCall call, Identity identity, @Nullable SessionRequestId session) {
    RequestContext context = context(session).whileNot(() -> closed);
    try {
      return application.functions().action(request(call, identity, context));
    } catch (FreshetException e) {
      // One action that finds no place, or whose process dies, is no reason to end the session.
      return FunctionErrors.failure(e, context.requestId(), redact);
    }
  }

  @Override
  public void connectionClosed() {
    closed = true;
  }

  private static MutationRequest request(
      FunctionCall call, Identity identity, RequestContext context) {
    return new MutationRequest(
        FunctionPath.parse(call.path()), call.args(), identity, call.componentPath(), context);
  }

  /** Nothing was committed, and the next attempt may do better. */
  private static boolean mayTryAgain(FreshetException e) {
    return e.errorClass() == ErrorClass.OCC
        || e.errorClass() == ErrorClass.REJECTED_BEFORE_EXECUTION
        || e.errorClass() == ErrorClass.RATE_LIMITED;
  }

  private static void backOff(int attempt) {
    long limit = Math.min(FIRST_BACKOFF_MILLIS << (attempt - 1), MAX_BACKOFF_MILLIS);
    sleep(ThreadLocalRandom.current().nextLong(limit / 2, limit + 1));
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FreshetException.internal("interrupted while waiting", e);
    }
  }

  /** An error of the call itself is its outcome; anything else is thrown on. */
  private CallOutcome.Failure failure(FreshetException e, RequestContext context) {
    if (!e.errorClass().isDeterministicUserError()) {
      throw e;
    }
    return FunctionErrors.failure(e, context.requestId(), redact);
  }

  private RequestContext context(@Nullable SessionRequestId session) {
    return new RequestContext(
        session == null ? RequestContext.newRequestId() : requestId(session),
        Caller.SYNC_WORKER,
        session,
        clientAddress,
        userAgent,
        0);
  }

  /** The same for every attempt of the same request. */
  static String requestId(SessionRequestId id) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((id.session() + "|" + id.requestId()).getBytes(UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
