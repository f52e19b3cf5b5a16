package dev.freshet.server;

import static java.util.Objects.requireNonNull;

import dev.freshet.app.RequestContext;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where every HTTP request comes in: names it, finds its route, bounds and times it, turns failures
 * into answers and writes the request log. Runs on the request's virtual thread.
 */
final class HttpEntry extends Handler.Abstract {
  private static final Logger log = LoggerFactory.getLogger(HttpEntry.class);
  private static final Logger requestLog = LoggerFactory.getLogger("dev.freshet.requests");

  private static final String CLIENT_HEADER = "Convex-Client";
  private static final String REQUEST_ID_HEADER = "Convex-Request-Id";
  private static final int MAX_REQUEST_ID_LENGTH = 128;

  private final Routes routes;
  private final Requests requests;
  private final SyncUpgrade sync;
  private final HttpActionEndpoint httpActions;
  private final Limits limits;

  HttpEntry(
      Routes routes,
      Requests requests,
      SyncUpgrade sync,
      HttpActionEndpoint httpActions,
      Limits limits) {
    this.httpActions = httpActions;
    this.routes = routes;
    this.requests = requests;
    this.sync = sync;
    this.limits = limits;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    String path = normalize(requireNonNull(request.getHttpURI().getPath()));
    String requestId = requestId(request.getHeaders());
    boolean site = SiteEndpoints.isSite(request, path);
    if (!site) {
      if (request.getMethod().equals("OPTIONS")) {
        Cors.allowPreflight(request.getHeaders(), response.getHeaders());
        finish(request, response, callback, path, requestId, Reply.empty(200));
        return true;
      }
      Cors.allow(request.getHeaders(), response.getHeaders());
    }
    Reply reply;
    try {
      reply =
          site
              ? httpAction(request, response, callback, path, requestId)
              : route(request, response, path, requestId, callback);
    } catch (Exception e) {
      reply = failed(e, request, path, requestId);
    }
    if (reply != null) {
      finish(request, response, callback, path, requestId, reply);
    }
    return true;
  }

  /** Null if the connection became a WebSocket. */
  private @Nullable Reply route(
      Request request, Response response, String path, String requestId, Callback callback)
      throws Exception {
    Routes.Match match = routes.find(request.getMethod(), path);
    if (match == null) {
      return Reply.empty(404);
    }
    Route route = match.route();
    if (route == null) {
      return Reply.empty(405).with("Allow", String.join(",", match.allowed()));
    }
    Map<String, String> parameters = match.parameters();
    ClientVersion client =
        ClientVersion.of(
            request.getHeaders().get(CLIENT_HEADER), parameters.get("client_version"), path);
    Reply refusal = warnOldClient(client, response);
    if (refusal != null) {
      return refusal;
    }
    Limit bodyLimit = route.bodyLimit();
    Exchange exchange =
        new Exchange(
            request,
            route,
            parameters,
            client,
            requestId,
            limits.get(bodyLimit == null ? Limit.MAX_REQUEST_BODY_SIZE : bodyLimit));
    if (route.endpoint().equals(Routes.SYNC)) {
      sync.upgrade(exchange, request, response, callback);
      logRequest(request, path, requestId, response.getStatus());
      return null;
    }
    return run(route, exchange);
  }

  /** Null if the action has answered itself. */
  private @Nullable Reply httpAction(
      Request request, Response response, Callback callback, String path, String requestId)
      throws Exception {
    Reply reply = httpActions.answer(request, response, callback, requestId);
    if (reply == null) {
      logRequest(request, path, requestId, response.getStatus());
    }
    return reply;
  }

  private Reply run(Route route, Exchange exchange) throws Exception {
    try (Requests.Running running =
        requests.begin(route.unlimited(), exchange.context().client())) {
      exchange.waited(running.waitedNanos());
      exchange.onLeavePlace(running::leavePlace);
      try {
        return route.endpoint().answer(exchange);
      } catch (Exception e) {
        if (running.timedOut()) {
          return Reply.empty(408);
        }
        throw e;
      }
    } finally {
      Thread.interrupted(); // a late interrupt must not hit the writing of the answer
    }
  }

  private static @Nullable Reply warnOldClient(ClientVersion client, Response response) {
    String message =
        "The client " + client.name() + " is too old for this server. Please upgrade it.";
    return switch (client.support()) {
      case FULL -> null;
      case UPGRADE_REQUIRED -> {
        deprecation(response, "UpgradeRequired", message);
        yield null;
      }
      case UNSUPPORTED -> {
        deprecation(response, "Unsupported", message);
        yield Reply.error(400, "ClientVersionUnsupported", message);
      }
    };
  }

  private static void deprecation(Response response, String state, String message) {
    response.getHeaders().put("x-convex-deprecation-state", state);
    response.getHeaders().put("x-convex-deprecation-message", message);
  }

  private static Reply failed(Exception e, Request request, String path, String requestId) {
    return switch (e) {
      case FreshetException known -> {
        if (known.errorClass().httpStatus() == 500) {
          log.error("{} {} failed [{}]", request.getMethod(), printable(path), requestId, known);
        }
        yield Reply.error(known);
      }
      case RequestBody.TooLargeException _ ->
          Reply.error(413, "RequestTooLarge", String.valueOf(e.getMessage()));
      case InterruptedException _ ->
          Reply.error(503, "ServerShuttingDown", "The server is shutting down. Try again.");
      default -> {
        log.error("{} {} failed [{}]", request.getMethod(), printable(path), requestId, e);
        yield Reply.internalError();
      }
    };
  }

  private static void finish(
      Request request,
      Response response,
      Callback callback,
      String path,
      String requestId,
      Reply reply) {
    if (reply.status() >= 400) {
      RequestBody.discard(request);
    }
    response.setStatus(reply.status());
    HttpFields.Mutable headers = response.getHeaders();
    headers.put(REQUEST_ID_HEADER, requestId);
    if (reply.contentType() != null) {
      headers.put(HttpHeader.CONTENT_TYPE, reply.contentType());
    }
    reply.headers().forEach((name, value) -> headers.put(new HttpField(name, value)));
    headers.put(HttpHeader.CONTENT_LENGTH, reply.body().length);
    logRequest(request, path, requestId, reply.status());
    boolean head = request.getMethod().equals("HEAD");
    response.write(true, head ? BufferUtil.EMPTY_BUFFER : ByteBuffer.wrap(reply.body()), callback);
  }

  private static void logRequest(Request request, String path, String requestId, int status) {
    if (requestLog.isInfoEnabled()) {
      double millis = (System.nanoTime() - request.getBeginNanoTime()) / 1e6;
      requestLog.info(
          "{} {} {} {} ms {}",
          request.getMethod(),
          printable(path),
          status,
          String.format(Locale.ROOT, "%.1f", millis),
          requestId);
    }
  }

  /** A base address with a trailing slash gives paths that start with two. */
  private static String normalize(String path) {
    int start = 0;
    while (start + 1 < path.length()
        && path.charAt(start) == '/'
        && path.charAt(start + 1) == '/') {
      start++;
    }
    return path.substring(start);
  }

  /** What the client calls the request, if that is fit to be printed, else a new id. */
  private static String requestId(HttpFields headers) {
    String id = headers.get(REQUEST_ID_HEADER);
    return id == null || id.isBlank() || id.length() > MAX_REQUEST_ID_LENGTH
        ? RequestContext.newRequestId()
        : printable(id);
  }

  private static String printable(String text) {
    StringBuilder result = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x21 || c > 0x7E) {
        if (result == null) {
          result = new StringBuilder(text);
        }
        result.setCharAt(i, '?');
      }
    }
    return result == null ? text : result.toString();
  }
}
