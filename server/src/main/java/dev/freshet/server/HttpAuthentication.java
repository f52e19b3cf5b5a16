package dev.freshet.server;

import dev.freshet.app.Authenticator;
import dev.freshet.app.DeploymentOp;
import dev.freshet.app.Identity;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Finds out who sends an HTTP request (spec 10 §13). */
final class HttpAuthentication {
  private final Authenticator authenticator;

  HttpAuthentication(Authenticator authenticator) {
    this.authenticator = authenticator;
  }

  Identity identify(Exchange exchange) {
    String header = exchange.header(HttpHeader.AUTHORIZATION.asString());
    return authenticator.authenticate(
        header, header == null ? exchange.queryParameter("adminKey") : null);
  }

  /**
   * @param op what the endpoint needs; null if any administrator may use it
   */
  Identity requireAdmin(Exchange exchange, @Nullable DeploymentOp op) {
    String header = exchange.header(HttpHeader.AUTHORIZATION.asString());
    return authenticator.requireAdmin(
        header, header == null ? exchange.queryParameter("adminKey") : null, op);
  }
}
