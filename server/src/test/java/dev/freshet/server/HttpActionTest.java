package dev.freshet.server;

import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.Spent;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A server whose HTTP actions are in Java, for tests of the server's side of them. */
abstract class HttpActionTest {
  static final int MOST = 1 << 20;
  static final HttpOutcome ANSWERED =
      new HttpOutcome.Answered("GET /x", 200, 0, false, Spent.NOTHING);

  @TempDir private static Path data;
  static final ScriptedActions ACTIONS = new ScriptedActions();
  static HttpClient http;
  static FreshetServer server;

  @BeforeAll
  static void start() throws Exception {
    ServerConfig config =
        TestConfig.named(
            data,
            Map.of(
                Limit.HTTP_ACTION_MAX_REQUEST_SIZE,
                (long) MOST,
                Limit.HTTP_ACTION_MAX_RESPONSE_SIZE,
                2L * MOST,
                Limit.MAX_CONCURRENT_REQUESTS,
                1L));
    server = FreshetServer.start(config, Clock.system(), FunctionRunner::start, _ -> ACTIONS);
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    String key = server.application().keys().issueAdminKey();
    ProofApp.push(new WireApi("127.0.0.1:" + server.port()), key, "web");
  }

  @AfterAll
  static void stop() {
    http.shutdownNow();
    server.close();
  }

  @AfterEach
  void forget() {
    ACTIONS.served = (_, _, _) -> new HttpOutcome.NoRoute();
  }

  static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.sitePort() + path));
  }

  static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
