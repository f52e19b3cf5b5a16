package dev.freshet.server;

import org.eclipse.jetty.server.Request;

/**
 * HTTP actions (spec 10 §17): the whole site port, and {@code /http/} of the API port. They cannot
 * be run yet, so every request is answered the way a deployment without them answers.
 */
final class SiteEndpoints {
  /** Name of the site port's connector. */
  static final String CONNECTOR = "site";

  private static final String PREFIX = "/http";

  private SiteEndpoints() {}

  static boolean isSite(Request request, String path) {
    return CONNECTOR.equals(request.getConnectionMetaData().getConnector().getName())
        || path.equals(PREFIX)
        || path.startsWith(PREFIX + "/");
  }

  static Reply answer(Request request) {
    return Reply.text(
        404,
        "This Convex deployment does not have HTTP actions enabled: they are not available yet.");
  }
}
