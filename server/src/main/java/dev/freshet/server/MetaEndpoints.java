package dev.freshet.server;

import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** What the server tells anybody about itself (spec 50 §10.3). */
final class MetaEndpoints {
  private static final String BANNER =
      "This Convex deployment is running. See https://docs.convex.dev/.";

  private final String instanceName;
  private final String version;

  MetaEndpoints(String instanceName, String version) {
    this.instanceName = instanceName;
    this.version = version;
  }

  Reply banner(Exchange exchange) {
    return Reply.text(200, BANNER);
  }

  Reply version(Exchange exchange) {
    return Reply.text(200, version);
  }

  Reply instanceName(Exchange exchange) {
    return Reply.text(200, instanceName);
  }

  /** For the CLI's {@code network-test}. */
  Reply echo(Exchange exchange) {
    @Nullable String type = exchange.header(HttpHeader.CONTENT_TYPE.asString());
    byte[] body = exchange.body();
    return new Reply(200, type == null ? "application/octet-stream" : type, body, Map.of());
  }

  /** Clients report long disconnects here when asked to; nothing is kept. */
  Reply debugEvent(Exchange exchange) {
    exchange.body();
    return Reply.empty(200);
  }
}
