package dev.freshet.server;

import dev.freshet.app.Caller;
import dev.freshet.app.RequestContext;
import dev.freshet.values.FreshetException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/** One HTTP request as endpoints see it. Belongs to the request's thread. */
final class Exchange {
  private static final int MAX_ADDRESS_LENGTH = 256;
  private static final int MAX_USER_AGENT_LENGTH = 512;

  private final Request request;
  private final Route route;
  private final Map<String, String> pathParameters;
  private final ClientVersion client;
  private final String requestId;
  private final long bodyLimit;
  private long waitedNanos;
  private Runnable leavePlace = () -> {};

  Exchange(
      Request request,
      Route route,
      Map<String, String> pathParameters,
      ClientVersion client,
      String requestId,
      long bodyLimit) {
    this.request = request;
    this.route = route;
    this.pathParameters = pathParameters;
    this.client = client;
    this.requestId = requestId;
    this.bodyLimit = bodyLimit;
  }

  ClientVersion client() {
    return client;
  }

  String requestId() {
    return requestId;
  }

  boolean isGet() {
    return request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
  }

  @Nullable String header(String name) {
    return request.getHeaders().get(name);
  }

  /** The value of a parameter in the query string, decoded. */
  @Nullable String queryParameter(String name) {
    Fields fields;
    try {
      fields = Request.extractQueryParameters(request);
    } catch (RuntimeException e) {
      throw FreshetException.badRequest("BadQueryArgs", "The query string is not well-formed.");
    }
    return fields.getValue(name);
  }

  /**
   * @throws FreshetException {@code BadQueryArgs} if it is missing
   */
  String requiredQueryParameter(String name) {
    String value = queryParameter(name);
    if (value == null) {
      throw FreshetException.badRequest(
          "BadQueryArgs", "The query parameter " + name + " is missing.");
    }
    return value;
  }

  /** What a wildcard of the route's pattern stands for, still percent-encoded. */
  String pathParameter(String name) {
    String value = pathParameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException(route.pattern() + " has no parameter " + name);
    }
    return value;
  }

  /** The body, decompressed, within the route's limit. */
  byte[] body() {
    return RequestBody.read(request, bodyLimit, route.oversized());
  }

  /**
   * The body of a request that must carry JSON.
   *
   * @throws FreshetException {@code BadJsonBody} if the content type is another
   */
  byte[] jsonBody() {
    String type = header(HttpHeader.CONTENT_TYPE.asString());
    if (type == null || !isJson(type)) {
      throw FreshetException.badRequest(
          "BadJsonBody", "Expected request with `Content-Type: application/json`");
    }
    return body();
  }

  private static boolean isJson(String contentType) {
    int end = contentType.indexOf(';');
    String type =
        (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json")
        || (type.startsWith("application/") && type.endsWith("+json"));
  }

  /** Notes how long the request has waited until it could be handled. */
  void waited(long nanos) {
    waitedNanos = nanos;
  }

  void onLeavePlace(Runnable leave) {
    leavePlace = leave;
  }

  /**
   * Gives the request's place up, before something that has places of its own and may take long.
   */
  void leavePlace() {
    leavePlace.run();
  }

  /** For calling functions. */
  RequestContext context() {
    return new RequestContext(
        requestId, Caller.HTTP_API, null, clientAddress(), userAgent(), waitedNanos);
  }

  @Nullable String clientAddress() {
    return clientAddress(request);
  }

  @Nullable String userAgent() {
    return userAgent(request);
  }

  static @Nullable String clientAddress(Request request) {
    List<String> forwarded = request.getHeaders().getCSV(HttpHeader.X_FORWARDED_FOR, false);
    String address = forwarded.isEmpty() ? Request.getRemoteAddr(request) : forwarded.getFirst();
    return shorten(address, MAX_ADDRESS_LENGTH);
  }

  static @Nullable String userAgent(Request request) {
    return shorten(request.getHeaders().get(HttpHeader.USER_AGENT), MAX_USER_AGENT_LENGTH);
  }

  private static @Nullable String shorten(@Nullable String text, int length) {
    return text == null || text.length() <= length ? text : text.substring(0, length);
  }

  /** Decodes a percent-encoded segment of a path. */
  static String decodeSegment(String segment) {
    try {
      // A plus sign is itself in a path.
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw FreshetException.badRequest("BadPath", "The path is not well-formed.");
    }
  }
}
