package dev.freshet.server;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;

/**
 * Lets web pages of any origin call the server: access is decided by credentials in requests, never
 * by cookies, so the origin that asks is mirrored (spec 10 §19).
 */
final class Cors {
  private static final HttpField METHODS =
      new PreEncodedHttpField(
          HttpHeader.ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,OPTIONS,PATCH,DELETE,PUT");
  private static final HttpField CREDENTIALS =
      new PreEncodedHttpField(HttpHeader.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
  private static final HttpField MAX_AGE =
      new PreEncodedHttpField(HttpHeader.ACCESS_CONTROL_MAX_AGE, "86400");
  private static final HttpField VARY =
      new PreEncodedHttpField(
          HttpHeader.VARY, "origin, access-control-request-method, access-control-request-headers");

  private Cors() {}

  static void allow(HttpFields request, HttpFields.Mutable response) {
    response.put(VARY);
    String origin = request.get(HttpHeader.ORIGIN);
    if (origin != null) {
      response.put(HttpHeader.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
      response.put(CREDENTIALS);
    }
  }

  static void allowPreflight(HttpFields request, HttpFields.Mutable response) {
    allow(request, response);
    response.put(METHODS);
    String headers = request.get(HttpHeader.ACCESS_CONTROL_REQUEST_HEADERS);
    if (headers != null) {
      response.put(HttpHeader.ACCESS_CONTROL_ALLOW_HEADERS, headers);
    }
    response.put(MAX_AGE);
  }
}
