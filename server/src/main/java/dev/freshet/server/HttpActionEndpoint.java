package dev.freshet.server;

import dev.freshet.app.Caller;
import dev.freshet.app.FunctionService;
import dev.freshet.app.HttpActionRequest;
import dev.freshet.app.HttpResult;
import dev.freshet.app.RequestContext;
import dev.freshet.functions.HttpHead;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.Set;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Hands requests to the app's HTTP actions (spec 10 §17, 30 §6.3, 50 §4). They have a place among
 * actions and none among the requests that are handled at once; their time is limited until the
 * head of the response is there, then by the action's own limit. Whether the client stays makes no
 * difference to the action.
 */
final class HttpActionEndpoint {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "OPTIONS");
  private static final String NOT_ENABLED =
      "This Convex deployment does not have HTTP actions enabled.";
  private static final String NO_ROUTE = "No matching routes found";

  private final FunctionService functions;
  private final Requests requests;
  private final Limits limits;

  HttpActionEndpoint(FunctionService functions, Requests requests, Limits limits) {
    this.functions = functions;
    this.requests = requests;
    this.limits = limits;
  }

  /**
   * Answers the request.
   *
   * @return null if the action has written the response itself, which has completed the callback
   */
  @Nullable Reply answer(Request request, Response response, Callback callback, String requestId)
      throws Exception {
    if (!METHODS.contains(request.getMethod())) {
      return Reply.empty(405).with("Allow", "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT");
    }
    long mostBytes = limits.get(Limit.HTTP_ACTION_MAX_REQUEST_SIZE);
    if (request.getLength() > mostBytes) {
      throw new RequestBody.TooLargeException(mostBytes);
    }
    JettyBody body =
        WITHOUT_BODY.contains(request.getMethod()) || request.getLength() == 0
            ? null
            : new JettyBody(Request.asInputStream(request), mostBytes);
    request.setAttribute(JettyBody.ATTRIBUTE, body);
    JettySink sink = new JettySink(request, response);
    HttpResult result;
    try (Requests.Running running = requests.beginOpenEnded()) {
      sink.onHead(running::stopClock);
      try {
        result = functions.serve(request(request, body, requestId, sink), sink);
      } catch (Exception e) {
        if (sink.headSent()) {
          sink.breakOff(callback);
          return null;
        }
        if (running.timedOut()) {
          return Reply.empty(408);
        }
        throw e;
      }
    } finally {
      Thread.interrupted(); // a late interrupt must not hit the writing of the answer
    }
    if (body != null && body.overflowed() && !sink.headSent()) {
      throw new RequestBody.TooLargeException(mostBytes);
    }
    return finish(result, request, sink, callback);
  }

  private static HttpActionRequest request(
      Request request, @Nullable JettyBody body, String requestId, JettySink sink) {
    HttpHead head = SiteEndpoints.head(request);
    RequestContext context =
        new RequestContext(
                requestId,
                Caller.HTTP_ENDPOINT,
                null,
                Exchange.clientAddress(request),
                Exchange.userAgent(request),
                0)
            .whileNot(sink::isClientGone);
    return new HttpActionRequest(
        head, body, request.getHeaders().get(HttpHeader.AUTHORIZATION), context);
  }

  private static @Nullable Reply finish(
      HttpResult result, Request request, JettySink sink, Callback callback) {
    return switch (result) {
      case HttpResult.NotEnabled _ -> Reply.text(404, NOT_ENABLED);
      case HttpResult.NoRoute _ -> Reply.text(404, NO_ROUTE);
      case HttpResult.Answered answered -> {
        if (answered.cut()) {
          sink.breakOff(callback);
        } else {
          sink.finish(request, callback);
        }
        yield null;
      }
      case HttpResult.Failed failed -> {
        if (failed.headSent() || sink.headSent()) {
          sink.breakOff(callback);
          yield null;
        }
        yield error(failed);
      }
    };
  }

  private static Reply error(HttpResult.Failed failed) {
    JsonSink json = new JsonSink(256).raw("{\"code\":").string(failed.code());
    if (failed.trace() != null) {
      json.raw(",\"trace\":").string(failed.trace());
    }
    if (failed.data() != null) {
      json.raw(",\"data\":").raw(failed.data());
    }
    return Reply.json(500, json.raw("}").toByteArray());
  }
}
