package dev.freshet.server;

import dev.freshet.app.Application;
import dev.freshet.app.CallOutcome;
import dev.freshet.app.FunctionPath;
import dev.freshet.app.FunctionService;
import dev.freshet.app.Identity;
import dev.freshet.app.MutationRequest;
import dev.freshet.app.QueryRequest;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.ValueJson;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Calls functions over HTTP (spec 10 §12). */
final class FunctionEndpoints {
  private static final String KEY_SET_LIFE = "public, max-age=300";

  private final FunctionService functions;
  private final String keySet;
  private final HttpAuthentication authentication;

  FunctionEndpoints(Application application, HttpAuthentication authentication) {
    this.functions = application.functions();
    this.keySet = application.jsonWebKeySet();
    this.authentication = authentication;
  }

  Reply query(Exchange exchange) {
    FunctionCallBody body =
        exchange.isGet() ? fromQueryString(exchange) : FunctionCallBody.parse(exchange.jsonBody());
    Identity identity = authentication.identify(exchange);
    return answer(runQuery(exchange, body, identity, null), format(exchange, body.format()));
  }

  private static FunctionCallBody fromQueryString(Exchange exchange) {
    return new FunctionCallBody(
        exchange.requiredQueryParameter("path"),
        FunctionCallBody.argsFromText(exchange.queryParameter("args")),
        exchange.queryParameter("format"),
        null,
        null);
  }

  Reply mutation(Exchange exchange) {
    FunctionCallBody body = FunctionCallBody.parse(exchange.jsonBody());
    JsonFormat format = format(exchange, body.format());
    MutationRequest request = request(exchange, body, authentication.identify(exchange));
    return answer(functions.mutation(request).outcome(), format);
  }

  Reply action(Exchange exchange) {
    FunctionCallBody body = FunctionCallBody.parse(exchange.jsonBody());
    JsonFormat format = format(exchange, body.format());
    MutationRequest request = request(exchange, body, authentication.identify(exchange));
    exchange.leavePlace();
    return answer(functions.action(request), format);
  }

  /** For administrators: any function of any component. */
  Reply function(Exchange exchange) {
    FunctionCallBody body = FunctionCallBody.parse(exchange.jsonBody());
    Identity identity = authentication.requireAdmin(exchange, null);
    JsonFormat format = format(exchange, body.format());
    MutationRequest request =
        new MutationRequest(
            FunctionPath.parse(body.requiredPath()),
            body.requiredArgs(),
            identity,
            body.componentPath(),
            exchange.context());
    return answer(functions.anyFunction(request, exchange::leavePlace), format);
  }

  /** The function's path is the rest of the URL. */
  Reply run(Exchange exchange) {
    FunctionCallBody body = FunctionCallBody.parse(exchange.jsonBody());
    String format = namedFormat(exchange, body.format());
    MutationRequest request =
        new MutationRequest(
            pathFromUrl(exchange.pathParameter("function")),
            body.requiredArgs(),
            authentication.identify(exchange),
            null,
            exchange.context());
    return answer(
        functions.anyFunction(request, exchange::leavePlace),
        format == null ? JsonFormat.CLEAN : JsonFormat.named(format));
  }

  private static FunctionPath pathFromUrl(String rest) {
    List<String> segments = new ArrayList<>();
    for (String segment : rest.split("/", -1)) {
      segments.add(Exchange.decodeSegment(segment));
    }
    if (segments.size() < 2) {
      throw FreshetException.badRequest(
          "MissingIdentifier",
          "The URL must name a module and a function, as in /api/run/messages/list.");
    }
    String function = segments.removeLast();
    return FunctionPath.parse(String.join("/", segments) + ":" + function);
  }

  Reply queryTs(Exchange exchange) {
    return Reply.json("{\"ts\":\"" + WireTimestamp.encode(functions.latestTimestamp()) + "\"}");
  }

  Reply queryAtTs(Exchange exchange) {
    FunctionCallBody body = FunctionCallBody.parse(exchange.jsonBody());
    Identity identity = authentication.identify(exchange);
    long timestamp;
    try {
      timestamp = WireTimestamp.decode(body.requiredTimestamp());
    } catch (IllegalArgumentException e) {
      throw FreshetException.badRequest(
          "InvalidTimestamp", "ts must be what /api/query_ts answered.");
    }
    return answer(runQuery(exchange, body, identity, timestamp), format(exchange, body.format()));
  }

  /** Runs queries one after the other, all at the same timestamp. */
  Reply queryBatch(Exchange exchange) {
    List<FunctionCallBody> queries = FunctionCallBody.parseBatch(exchange.jsonBody());
    Identity identity = authentication.identify(exchange);
    long timestamp = functions.latestTimestamp();
    JsonSink sink = new JsonSink(1024).raw("{\"results\":[");
    String separator = "";
    for (FunctionCallBody body : queries) {
      sink.raw(separator);
      separator = ",";
      print(sink, runQuery(exchange, body, identity, timestamp), format(exchange, body.format()));
    }
    return Reply.json(sink.raw("]}").toByteArray());
  }

  private CallOutcome runQuery(
      Exchange exchange, FunctionCallBody body, Identity identity, @Nullable Long timestamp) {
    return functions
        .query(
            new QueryRequest(
                FunctionPath.parse(body.requiredPath()),
                body.requiredArgs(),
                identity,
                null,
                null,
                timestamp,
                exchange.context()))
        .outcome();
  }

  private static MutationRequest request(
      Exchange exchange, FunctionCallBody body, Identity identity) {
    return new MutationRequest(
        FunctionPath.parse(body.requiredPath()),
        body.requiredArgs(),
        identity,
        null,
        exchange.context());
  }

  private static JsonFormat format(Exchange exchange, @Nullable String inBody) {
    String name = namedFormat(exchange, inBody);
    return name == null ? exchange.client().defaultFormat() : JsonFormat.named(name);
  }

  private static @Nullable String namedFormat(Exchange exchange, @Nullable String inBody) {
    return inBody != null ? inBody : exchange.queryParameter("format");
  }

  /** By which anybody verifies tokens that mutations signed (spec 30 §12.10). */
  Reply jsonWebKeySet(Exchange exchange) {
    return Reply.json(keySet).with(HttpHeader.CACHE_CONTROL.asString(), KEY_SET_LIFE);
  }

  private static Reply answer(CallOutcome outcome, JsonFormat format) {
    JsonSink sink = new JsonSink(256);
    print(sink, outcome, format);
    return Reply.json(sink.toByteArray());
  }

  private static void print(JsonSink sink, CallOutcome outcome, JsonFormat format) {
    switch (outcome) {
      case CallOutcome.Success success ->
          sink.raw("{\"status\":\"success\",\"value\":")
              .raw(ValueJson.convert(success.value(), format));
      case CallOutcome.Failure failure -> {
        sink.raw("{\"status\":\"error\",\"errorMessage\":").string(failure.message());
        if (failure.data() != null) {
          sink.raw(",\"errorData\":").raw(ValueJson.convert(failure.data(), format));
        }
      }
    }
    if (!outcome.logLines().isEmpty()) {
      sink.raw(",\"logLines\":").strings(outcome.logLines());
    }
    sink.raw("}");
  }
}
