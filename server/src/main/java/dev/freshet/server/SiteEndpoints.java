package dev.freshet.server;

import dev.freshet.functions.HttpHead;
import dev.freshet.functions.HttpHead.Header;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Where HTTP actions answer (spec 10 §17): the whole site port, and {@code /http/} of the API port.
 * And how such a request looks to them.
 */
final class SiteEndpoints {
  /** Name of the site port's connector. */
  static final String CONNECTOR = "site";

  private static final String PREFIX = "/http";
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*");
  private static final Pattern HOST = Pattern.compile("[^\\s/?#@\\\\]+");
  private static final Pattern FORWARDED =
      Pattern.compile(
          "\\s*([A-Za-z]+)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\";,\\s]*))\\s*[;,]?");

  private SiteEndpoints() {}

  static boolean isSite(Request request, String path) {
    return CONNECTOR.equals(request.getConnectionMetaData().getConnector().getName())
        || path.equals(PREFIX)
        || path.startsWith(PREFIX + "/");
  }

  /** What the request looks like to an HTTP action: as its client has sent it. */
  static HttpHead head(Request request) {
    HttpURI uri = request.getHttpURI();
    String path = uri.getPath();
    boolean site = CONNECTOR.equals(request.getConnectionMetaData().getConnector().getName());
    if (!site && path != null) {
      path = path.substring(path.indexOf(PREFIX) + PREFIX.length());
    }
    if (path == null || !path.startsWith("/")) {
      path = "/" + (path == null || path.equals("*") ? "" : path);
    }
    String query = uri.getQuery() == null ? "" : "?" + uri.getQuery();
    List<Header> headers = new ArrayList<>();
    for (HttpField field : request.getHeaders()) {
      String value = field.getValue();
      headers.add(new Header(field.getLowerCaseName(), value == null ? "" : value));
    }
    String url = scheme(request) + "://" + host(request) + path + query;
    return new HttpHead(request.getMethod(), url, path, List.copyOf(headers));
  }

  private static String scheme(Request request) {
    HttpFields headers = request.getHeaders();
    String scheme = first(headers.get("X-Forwarded-Proto"));
    if (scheme == null) {
      scheme = forwarded(headers, "proto");
    }
    return scheme != null && SCHEME.matcher(scheme).matches()
        ? scheme.toLowerCase(Locale.ROOT)
        : "http";
  }

  private static String host(Request request) {
    HttpFields headers = request.getHeaders();
    String[] candidates = {
      forwarded(headers, "host"),
      first(headers.get("X-Forwarded-Host")),
      request.getHttpURI().getAuthority(),
      headers.get("Host")
    };
    for (String host : candidates) {
      if (host != null && HOST.matcher(host).matches()) {
        return host;
      }
    }
    return Request.getServerName(request) + ":" + Request.getLocalPort(request);
  }

  /** Of proxies in a row, the first has seen what the client asked for. */
  private static @Nullable String first(@Nullable String list) {
    if (list == null) {
      return null;
    }
    int comma = list.indexOf(',');
    String first = (comma < 0 ? list : list.substring(0, comma)).strip();
    return first.isEmpty() ? null : first;
  }

  /** A parameter of the first element of {@code Forwarded} (RFC 7239); null if there is none. */
  private static @Nullable String forwarded(HttpFields headers, String name) {
    String value = headers.get("Forwarded");
    if (value == null) {
      return null;
    }
    Matcher matcher = FORWARDED.matcher(value);
    for (int at = 0; matcher.find(at) && matcher.start() == at; at = matcher.end()) {
      if (name.equalsIgnoreCase(matcher.group(1))) {
        String quoted = matcher.group(2);
        return quoted == null ? matcher.group(3) : quoted.replaceAll("\\\\(.)", "$1");
      }
      if (matcher.group().endsWith(",")) {
        return null;
      }
    }
    return null;
  }
}
