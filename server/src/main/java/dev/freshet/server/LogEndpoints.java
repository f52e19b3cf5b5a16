package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.Application;
import dev.freshet.app.DeploymentOp;
import dev.freshet.app.FunctionLog;
import dev.freshet.app.SessionRequestId;
import dev.freshet.values.FreshetException;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Long polls for the function log (spec 20 §22). */
final class LogEndpoints {
  private static final Duration WAIT = Duration.ofSeconds(60);

  private final FunctionLog log;
  private final HttpAuthentication authentication;

  LogEndpoints(Application application, HttpAuthentication authentication) {
    this.log = application.functionLog();
    this.authentication = authentication;
  }

  Reply functionLogs(Exchange exchange) throws InterruptedException {
    authentication.requireAdmin(exchange, DeploymentOp.VIEW_LOGS);
    return answer(
        log.stream(
            cursor(exchange),
            session(exchange),
            exchange.client().readsStructuredLogLines()
                ? FunctionLog.LineFormat.STRUCTURED
                : FunctionLog.LineFormat.TEXT,
            WAIT));
  }

  Reply udfExecution(Exchange exchange) throws InterruptedException {
    authentication.requireAdmin(exchange, DeploymentOp.VIEW_LOGS);
    return answer(log.streamExecutions(cursor(exchange), WAIT));
  }

  private static Reply answer(FunctionLog.Page page) {
    JsonSink sink = new JsonSink(256).raw("{\"entries\":[");
    String separator = "";
    for (String entry : page.entries()) {
      sink.raw(separator).raw(entry.getBytes(UTF_8));
      separator = ",";
    }
    sink.raw("],\"newCursor\":").raw(Double.toString(page.newCursor()));
    return Reply.json(sink.raw("}").toByteArray());
  }

  private static double cursor(Exchange exchange) {
    String text = exchange.requiredQueryParameter("cursor");
    try {
      double cursor = Double.parseDouble(text);
      if (Double.isFinite(cursor)) {
        return cursor;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw FreshetException.badRequest("BadQueryArgs", "cursor must be a number.");
  }

  private static @Nullable SessionRequestId session(Exchange exchange) {
    String id = exchange.queryParameter("sessionId");
    String counter = exchange.queryParameter("clientRequestCounter");
    if (id == null || counter == null) {
      return null;
    }
    try {
      return new SessionRequestId(UUID.fromString(id), Long.parseLong(counter));
    } catch (IllegalArgumentException e) {
      throw FreshetException.badRequest(
          "BadQueryArgs", "sessionId must be a UUID and clientRequestCounter a number.");
    }
  }
}
