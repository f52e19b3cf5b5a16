package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.Encoder;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The server over real HTTP, without an app: routes, errors, headers, bodies. */
class FreshetServerTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String SYSTEM_QUERY =
      "{\"path\":\"_system/cli/convexUrl:cloudUrl\",\"args\":{}}";

  @TempDir private static Path data;
  private static FreshetServer server;
  private static HttpClient http;
  private static String key;

  @BeforeAll
  static void start() {
    server = FreshetServer.start(config(data, 0, 0), Clock.system());
    http = HttpClient.newHttpClient();
    key = server.application().keys().issueAdminKey();
  }

  @AfterAll
  static void stop() {
    http.shutdownNow();
    server.close();
  }

  private static ServerConfig config(Path data, int port, int sitePort) {
    return TestConfig.named(data, port, sitePort, Map.of(Limit.MAX_ECHO_BYTES, 1_000L));
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  private static HttpResponse<String> postJson(String path, String body) throws Exception {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .header("Authorization", "Convex " + key)
            .POST(BodyPublishers.ofString(body)));
  }

  private static void assertError(HttpResponse<String> response, int status, String code) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode body = MAPPER.readTree(response.body());
    assertThat(body.path("code").stringValue()).isEqualTo(code);
    assertThat(body.path("message").isString()).isTrue();
  }

  @Test
  void tellsAboutItself() throws Exception {
    assertThat(get("/").body())
        .isEqualTo("This Convex deployment is running. See https://docs.convex.dev/.");
    assertThat(get("/instance_name").body()).isEqualTo("test-instance");
    assertThat(get("/version").statusCode()).isEqualTo(200);
    assertThat(get("//instance_version").statusCode()).isEqualTo(200);
    assertThat(send(request("/version").method("HEAD", BodyPublishers.noBody())).statusCode())
        .isEqualTo(200);
  }

  @Test
  void unknownPathsAreEmptyAndWrongMethodsNameTheRightOnes() throws Exception {
    assertThat(get("/api/nonsense").statusCode()).isEqualTo(404);
    assertThat(get("/api/nonsense").body()).isEmpty();
    HttpResponse<String> wrong = send(request("/api/query").PUT(BodyPublishers.noBody()));
    assertThat(wrong.statusCode()).isEqualTo(405);
    assertThat(wrong.headers().firstValue("Allow")).hasValue("GET,POST");
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/api/import/start_upload",
    "GET,/api/storage/00000000-0000-0000-0000-000000000000",
    "GET,/api/app_metrics/udf_rate",
    "PUT,/api/streaming_import/clear_tables",
    "POST,/api/run_test_function",
    "POST,/api/v1/delete_log_stream/5",
  })
  void whatIsNotBuiltYetSaysSo(String method, String path) throws Exception {
    assertError(
        send(request(path).method(method, BodyPublishers.noBody())), 400, "NotYetAvailable");
  }

  @Test
  void errorsHaveReasonPhrases() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket
          .getOutputStream()
          .write("GET /api/check_admin_key HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      byte[] head = socket.getInputStream().readNBytes(22);
      assertThat(new String(head, UTF_8)).isEqualTo("HTTP/1.1 403 Forbidden");
    }
  }

  @Test
  void textThatIsNoHttpIsAnsweredInJson() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n".getBytes(UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 400 Bad Request").contains("{\"code\":");
    }
  }

  @Test
  void pagesOfEveryOriginMayCall() throws Exception {
    HttpResponse<String> preflight =
        send(
            request("/api/query")
                .method("OPTIONS", BodyPublishers.noBody())
                .header("Origin", "null")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type,convex-client"));
    assertThat(preflight.statusCode()).isEqualTo(200);
    assertThat(preflight.body()).isEmpty();
    Map<String, String> expected =
        Map.of(
            "Access-Control-Allow-Origin", "null",
            "Access-Control-Allow-Credentials", "true",
            "Access-Control-Allow-Methods", "GET,POST,OPTIONS,PATCH,DELETE,PUT",
            "Access-Control-Allow-Headers", "content-type,convex-client",
            "Access-Control-Max-Age", "86400",
            "Vary", "origin, access-control-request-method, access-control-request-headers");
    expected.forEach(
        (name, value) -> assertThat(preflight.headers().firstValue(name)).hasValue(value));

    HttpResponse<String> refused =
        send(request("/api/nonsense").header("Origin", "https://app.example"));
    assertThat(refused.headers().firstValue("Access-Control-Allow-Origin"))
        .hasValue("https://app.example");
  }

  @Test
  void httpActionsHaveNoCorsAndAreNotEnabled() throws Exception {
    HttpResponse<String> onApiPort = send(request("/http/x").header("Origin", "null"));
    assertThat(onApiPort.statusCode()).isEqualTo(404);
    assertThat(onApiPort.body())
        .isEqualTo("This Convex deployment does not have HTTP actions enabled.");
    assertThat(onApiPort.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    HttpRequest onSitePort =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.sitePort() + "/version"))
            .build();
    assertThat(http.send(onSitePort, BodyHandlers.ofString()).statusCode()).isEqualTo(404);
  }

  @Test
  void theRequestIdIsTheClientsIfItHasOne() throws Exception {
    assertThat(
            send(request("/version").header("Convex-Request-Id", "mine-1"))
                .headers()
                .firstValue("Convex-Request-Id"))
        .hasValue("mine-1");
    assertThat(get("/version").headers().firstValue("Convex-Request-Id").orElseThrow())
        .matches("[0-9a-f]{16}");
  }

  @Test
  void functionsAreCalledInBothFormats() throws Exception {
    assertThat(postJson("/api/query", SYSTEM_QUERY).body())
        .isEqualTo("{\"status\":\"success\",\"value\":\"http://cloud.example\"}");
    String missing = "{\"path\":\"no:where\",\"args\":[{}],\"format\":\"convex_encoded_json\"}";
    JsonNode error = MAPPER.readTree(postJson("/api/query", missing).body());
    assertThat(error.path("status").stringValue()).isEqualTo("error");
    assertThat(error.path("errorMessage").stringValue())
        .contains("Could not find public function for 'no:where'");
  }

  @Test
  void queriesCanBeGotten() throws Exception {
    HttpResponse<String> response =
        send(
            request("/api/query?path=_system/cli/convexUrl:cloudUrl&args=%7B%7D")
                .header("Authorization", "Convex " + key));
    assertThat(response.body()).contains("http://cloud.example");
  }

  @Test
  void conflictsAreReportedToAdministrators() throws Exception {
    assertThat(get("/api/conflicts").statusCode()).isEqualTo(403);
    HttpResponse<String> report =
        send(request("/api/conflicts").header("Authorization", "Convex " + key));
    assertThat(report.statusCode()).isEqualTo(200);
    assertThat(report.body()).isEqualTo("{\"conflicts\":[]}");
  }

  @Test
  void shapesAreForThoseWhoMayViewData() throws Exception {
    assertThat(get("/api/shapes2").statusCode()).isEqualTo(403);
    HttpResponse<String> shapes =
        send(request("/api/shapes2?component=").header("Authorization", "Convex " + key));
    assertThat(shapes.statusCode()).isEqualTo(200);
    assertThat(shapes.body()).isEqualTo("{}");
    assertError(
        send(request("/api/shapes2?component=x").header("Authorization", "Convex " + key)),
        400,
        "ComponentNotFound");
  }

  @Test
  void queriesOfABatchShareATimestamp() throws Exception {
    String batch = "{\"queries\":[" + SYSTEM_QUERY + ",{\"path\":\"no:where\",\"args\":{}}]}";
    JsonNode results = MAPPER.readTree(postJson("/api/query_batch", batch).body()).path("results");
    assertThat(results.path(0).path("status").stringValue()).isEqualTo("success");
    assertThat(results.path(1).path("status").stringValue()).isEqualTo("error");
  }

  @Test
  void queriesRunAtTheTimestampTheServerHasNamed() throws Exception {
    String ts =
        MAPPER
            .readTree(send(request("/api/query_ts").POST(BodyPublishers.noBody())).body())
            .path("ts")
            .stringValue();
    assertThat(WireTimestamp.decode(ts)).isPositive();
    String call = SYSTEM_QUERY.replace("{\"path\"", "{\"ts\":\"" + ts + "\",\"path\"");
    assertThat(postJson("/api/query_at_ts", call).body()).contains("success");

    String longAgo = call.replace(ts, WireTimestamp.encode(1));
    assertThat(postJson("/api/query_at_ts", longAgo).statusCode()).isEqualTo(503);
    String future = call.replace(ts, WireTimestamp.encode(Long.MAX_VALUE));
    assertThat(postJson("/api/query_at_ts", future).statusCode()).isEqualTo(400);
    assertError(
        postJson("/api/query_at_ts", call.replace(ts, "nonsense")), 400, "InvalidTimestamp");
  }

  @Test
  void functionsAreRunByTheirUrl() throws Exception {
    assertThat(postJson("/api/run/_system/cli/convexUrl/cloudUrl", "{\"args\":{}}").body())
        .contains("http://cloud.example");
    assertError(postJson("/api/run/alone", "{\"args\":{}}"), 400, "MissingIdentifier");
  }

  @Test
  void badBodiesAreErrorsOfInput() throws Exception {
    assertError(
        send(request("/api/query").POST(BodyPublishers.ofString(SYSTEM_QUERY))),
        400,
        "BadJsonBody");
    for (String body :
        new String[] {
          "",
          "{",
          "[]",
          "{\"args\":{}}",
          "{\"path\":\"a:b\"}",
          "{\"path\":1,\"args\":{}}",
          "{\"path\":\"a:b\",\"args\":5}",
          SYSTEM_QUERY + "x"
        }) {
      assertError(postJson("/api/query", body), 400, "BadJsonBody");
    }
    assertError(
        postJson("/api/query", "{\"path\":\"a b\",\"args\":{}}"),
        400,
        "BadConvexFunctionIdentifier");
    assertError(
        postJson("/api/query", SYSTEM_QUERY.replace("{\"path\"", "{\"format\":\"x\",\"path\"")),
        400,
        "BadFormat");
  }

  @Test
  void credentialsAreChecked() throws Exception {
    HttpRequest.Builder call =
        request("/api/query")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(SYSTEM_QUERY));
    assertError(send(call.setHeader("Authorization", "x")), 400, "InvalidHeaderFailure");
    assertError(send(call.setHeader("Authorization", "Basic abcdef")), 400, "InvalidAdminKey");
    assertError(send(call.setHeader("Authorization", "Convex bad|00")), 401, "BadAdminKey");
    assertError(send(call.setHeader("Authorization", "Bearer a.b.c")), 401, "NoAuthProvider");
    assertError(get("/api/check_admin_key"), 403, "BadDeployKey");
    assertThat(get("/api/check_admin_key?adminKey=" + key.replace("|", "%7C")).body())
        .isEqualTo("{\"success\":true,\"allowedOps\":[],\"isReadOnly\":false}");
    assertError(
        send(
            request("/api/function")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(SYSTEM_QUERY))),
        403,
        "BadDeployKey");
  }

  @Test
  void oldClientsAreRefused() throws Exception {
    HttpResponse<String> response =
        send(
            request("/api/query_ts")
                .header("Convex-Client", "npm-0.19.0")
                .POST(BodyPublishers.noBody()));
    assertError(response, 400, "ClientVersionUnsupported");
    assertThat(response.headers().firstValue("x-convex-deprecation-state")).hasValue("Unsupported");
  }

  @Test
  void bodiesMayBeCompressedAndAreBounded() throws Exception {
    Brotli4jLoader.ensureAvailability();
    HttpResponse<String> brotli =
        send(
            request("/api/query")
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "br")
                .header("Authorization", "Convex " + key)
                .POST(BodyPublishers.ofByteArray(Encoder.compress(SYSTEM_QUERY.getBytes(UTF_8)))));
    assertThat(brotli.body()).contains("success");
    assertThat(send(request("/echo").POST(BodyPublishers.ofString("x".repeat(1_000)))).body())
        .hasSize(1_000);
    assertError(
        send(request("/echo").POST(BodyPublishers.ofString("x".repeat(1_001)))),
        413,
        "RequestTooLarge");
  }

  @Test
  void handshakesThatAreNoneAreErrors() throws Exception {
    assertError(
        send(request("/api/sync").version(HttpClient.Version.HTTP_1_1)),
        400,
        "InvalidConnectionHeader");
    assertError(get("/api/latest/sync"), 400, "InvalidClientVersion");
  }

  @Test
  void environmentVariablesAreSetAndListed() throws Exception {
    HttpResponse<String> set =
        postJson(
            "/api/update_environment_variables",
            "{\"changes\":[{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"B\"}]}");
    assertThat(set.statusCode()).isEqualTo(200);
    assertThat(set.body()).isEmpty();
    assertThat(
            send(request("/api/v1/list_environment_variables")
                    .header("Authorization", "Convex " + key))
                .body())
        .isEqualTo("{\"environmentVariables\":{\"A\":\"1\"}}");
  }

  @Test
  void aSecondServerOnThePortOrTheDataRefusesToStart(@TempDir Path other) {
    assertThatThrownBy(
            () -> FreshetServer.start(config(other, server.port(), 0), Clock.system()).close())
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("PortInUse"));
    assertThatThrownBy(() -> FreshetServer.start(config(data, 0, 0), Clock.system()).close())
        .isInstanceOf(FreshetException.class);
  }
}
