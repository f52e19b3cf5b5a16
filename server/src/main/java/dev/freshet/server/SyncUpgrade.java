package dev.freshet.server;

import dev.freshet.app.Application;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.ExtensionConfig;
import org.eclipse.jetty.websocket.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;

/** Turns requests into sync WebSockets (spec 10 §1) and knows the open ones. Thread-safe. */
final class SyncUpgrade {
  private static final String DEFLATE = "permessage-deflate";

  /** Longer than the session's own patience, which decides. */
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(3);

  /** How long what is due in a session may have to wait. */
  static final long TICK_MILLIS = 100;

  private final ServerWebSocketContainer container;
  private final Application application;
  private final Clock clock;
  private final Limits limits;
  private final boolean redact;
  private final Set<SyncConnection> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong connections = new AtomicLong();
  private volatile boolean shuttingDown;

  SyncUpgrade(Server server, Application application, Clock clock, Limits limits, boolean redact) {
    this.application = application;
    this.clock = clock;
    this.limits = limits;
    this.redact = redact;
    container = ServerWebSocketContainer.ensure(server);
    container.setIdleTimeout(IDLE_TIMEOUT);
    long maxMessage = limits.get(Limit.SYNC_MAX_MESSAGE_SIZE);
    container.setMaxTextMessageSize(maxMessage);
    container.setMaxFrameSize(maxMessage);
    container.setMaxBinaryMessageSize(1024);
  }

  /** Completes the callback; answers requests that are no handshake with their errors. */
  void upgrade(Exchange exchange, Request request, Response response, Callback callback) {
    checkHandshake(request);
    boolean handled =
        container.upgrade(
            (upgradeRequest, upgradeResponse, _) -> {
              upgradeResponse.setExtensions(acceptable(upgradeRequest));
              return connect(exchange);
            },
            request,
            response,
            callback);
    if (!handled) {
      throw FreshetException.badRequest(
          "ConnectionNotUpgradable", "This connection cannot become a WebSocket.");
    }
  }

  private SyncConnection connect(Exchange exchange) {
    SyncConnection connection =
        new SyncConnection(
            "sync " + connections.incrementAndGet(),
            new ApplicationSyncBackend(
                application, clock, exchange.clientAddress(), exchange.userAgent(), redact),
            clock,
            limits,
            exchange.client().understandsChunks(),
            open::remove);
    open.add(connection);
    if (shuttingDown) {
      connection.shutDown();
    }
    return connection;
  }

  private static List<ExtensionConfig> acceptable(ServerUpgradeRequest request) {
    for (ExtensionConfig offer : request.getExtensions()) {
      boolean plain =
          offer.getParameterKeys().isEmpty()
              || offer.getParameterKeys().equals(Set.of("client_max_window_bits"));
      if (offer.getName().equals(DEFLATE) && plain) {
        return List.of(ExtensionConfig.parse(DEFLATE));
      }
    }
    return List.of();
  }

  private static void checkHandshake(Request request) {
    HttpFields headers = request.getHeaders();
    if (!HttpMethod.GET.is(request.getMethod())) {
      throw bad("MethodNotGet", "A WebSocket handshake is a GET request.");
    }
    if (request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_1) {
      throw bad("ConnectionNotUpgradable", "WebSockets are served over HTTP/1.1.");
    }
    if (!lists(headers, HttpHeader.CONNECTION, "upgrade")) {
      throw bad("InvalidConnectionHeader", "The Connection header must say \"upgrade\".");
    }
    if (!lists(headers, HttpHeader.UPGRADE, "websocket")) {
      throw bad("InvalidUpgradeHeader", "The Upgrade header must say \"websocket\".");
    }
    if (!"13".equals(headers.get(HttpHeader.SEC_WEBSOCKET_VERSION))) {
      throw bad("InvalidWebSocketVersionHeader", "Only WebSocket version 13 is served.");
    }
    if (!headers.contains(HttpHeader.SEC_WEBSOCKET_KEY)) {
      throw bad("WebSocketKeyHeaderMissing", "The Sec-WebSocket-Key header is missing.");
    }
  }

  private static boolean lists(HttpFields headers, HttpHeader header, String token) {
    return headers.getCSV(header, false).stream()
        .anyMatch(value -> value.toLowerCase(Locale.ROOT).equals(token));
  }

  private static FreshetException bad(String code, String message) {
    return FreshetException.badRequest(code, message);
  }

  /** Asks all clients to come back later. */
  void shutDown() {
    shuttingDown = true;
    open.forEach(SyncConnection::shutDown);
  }

  /** Time has passed; to be called every {@link #TICK_MILLIS}. */
  void tick() {
    open.forEach(SyncConnection::tick);
  }

  int openConnections() {
    return open.size();
  }
}
