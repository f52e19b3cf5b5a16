package dev.freshet.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.HttpHead;
import dev.freshet.functions.HttpHead.Header;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.JsError;
import dev.freshet.functions.Spent;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The server's side of HTTP actions: requests, responses, limits, clients that leave. */
class HttpActionsTest {
  private static final int MOST = 1 << 20;
  private static final HttpOutcome ANSWERED =
      new HttpOutcome.Answered("GET /x", 200, 0, false, Spent.NOTHING);

  @TempDir private static Path data;
  private static final ScriptedActions ACTIONS = new ScriptedActions();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static FreshetServer server;

  @BeforeAll
  static void start() throws Exception {
    ServerConfig config =
        new ServerConfig(
            "127.0.0.1",
            0,
            0,
            data,
            InstanceCredentials.of("test-instance", HexFormat.of().formatHex(new byte[32])),
            "http://cloud.example",
            "http://site.example",
            false,
            Limits.of(
                Map.of(
                    Limit.HTTP_ACTION_MAX_REQUEST_SIZE,
                    (long) MOST,
                    Limit.HTTP_ACTION_MAX_RESPONSE_SIZE,
                    2L * MOST,
                    Limit.MAX_CONCURRENT_REQUESTS,
                    1L)),
            null);
    server = FreshetServer.start(config, Clock.system(), FunctionRunner::start, _ -> ACTIONS);
    String key = server.application().keys().issueAdminKey();
    ProofApp.push(new WireApi("127.0.0.1:" + server.port()), key, "web");
  }

  @AfterAll
  static void stop() {
    HTTP.shutdownNow();
    server.close();
  }

  @AfterEach
  void forget() {
    ACTIONS.served = (_, _, _) -> new HttpOutcome.NoRoute();
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.sitePort() + path));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  /** Sends bytes and reads the answer to its end. */
  private static String raw(int port, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private static HttpHead headOf(int port, String target, String headers) throws Exception {
    BlockingQueue<HttpHead> seen = new LinkedBlockingQueue<>();
    ACTIONS.served =
        (head, _, sink) -> {
          seen.add(head);
          sink.head(200, List.of());
          return ANSWERED;
        };
    String answer =
        raw(port, "GET " + target + " HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n");
    assertThat(answer).startsWith("HTTP/1.1 200");
    return seen.remove();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      textBlock =
          """
          /a/b?c=d | Host: example.com~ | http://example.com/a/b?c=d
          //a//b | Host: h:80~ | http://h//a//b
          /a/../%2e/;p/%41%2F?%q=;&+ | Host: h~ | http://h/a/../%2e/;p/%41%2F?%q=;&+
          http://other:81/y?z | Host: other:81~ | http://other:81/y?z
          /x | Host: h~X-Forwarded-Proto: https~ | https://h/x
          /x | Host: h~X-Forwarded-Proto: https, http~X-Forwarded-Host: a.example, b~ | https://a.example/x
          /x | Host: h~Forwarded: for=1.2.3.4;proto=https;host="f.example:8443", for=5;host=no~X-Forwarded-Host: later~ | https://f.example:8443/x
          /x | Host: h~X-Forwarded-Proto: wss~Forwarded: proto=https~ | wss://h/x
          /x | Host: h~Forwarded: ;;;=="~ | http://h/x
          /x | Host: h~Forwarded: host="evil/../path?"~X-Forwarded-Proto: a b~ | http://h/x
          """)
  void showTheUrlThatTheClientAskedFor(String target, String headers, String url) throws Exception {
    HttpHead head = headOf(server.sitePort(), target, headers.replace("~", "\r\n"));
    assertThat(head.url()).isEqualTo(url);
    int query = target.indexOf('?');
    assertThat(head.path())
        .isEqualTo(
            (query < 0 ? target : target.substring(0, query)).replace("http://other:81", ""));
  }

  @Test
  void answerUnderHttpOnTheMainPortToo() throws Exception {
    HttpHead head = headOf(server.port(), "/http/a?b", "Host: h\r\n");
    assertThat(head.url()).isEqualTo("http://h/a?b");
    assertThat(head.path()).isEqualTo("/a");
    assertThat(headOf(server.port(), "/http", "Host: h\r\n").path()).isEqualTo("/");
    // The site port has no paths of its own.
    assertThat(headOf(server.sitePort(), "/version", "Host: h\r\n").path()).isEqualTo("/version");
    assertThat(headOf(server.sitePort(), "/http/a", "Host: h\r\n").path()).isEqualTo("/http/a");
  }

  @Test
  void passHeadersOnAsTheyCame() throws Exception {
    HttpHead head =
        headOf(
            server.sitePort(),
            "/",
            "Host: h\r\nX-Twice: 1\r\nX-Latin: caf\u00e9\r\nX-TWICE: 2, 3\r\nX-Empty:\r\n");
    assertThat(head.headers())
        .containsExactly(
            new Header("connection", "close"),
            new Header("host", "h"),
            new Header("x-twice", "1"),
            new Header("x-latin", "caf\u00e9"),
            new Header("x-twice", "2, 3"),
            new Header("x-empty", ""));
  }

  @Test
  void takeOddRequestsForWhatTheyAre() throws Exception {
    HttpHead upgrade =
        headOf(
            server.sitePort(),
            "/socket",
            "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n");
    assertThat(upgrade.path()).isEqualTo("/socket");
    BlockingQueue<HttpHead> seen = new LinkedBlockingQueue<>();
    ACTIONS.served =
        (head, _, sink) -> {
          seen.add(head);
          sink.head(200, List.of());
          sink.write(ByteBuffer.wrap("to the end".getBytes(UTF_8)));
          return ANSWERED;
        };
    assertThat(raw(server.sitePort(), "GET /old?x HTTP/1.0\r\n\r\n")).endsWith("to the end");
    assertThat(seen.remove().url()).isEqualTo("http://127.0.0.1:" + server.sitePort() + "/old?x");
    String longHeader = "GET / HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(70_000) + "\r\n\r\n";
    assertThat(raw(server.sitePort(), longHeader)).startsWith("HTTP/1.1 431");
    assertThat(raw(server.sitePort(), "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
  }

  @Test
  void answerWhatTheRouterDoesNotKnow() throws Exception {
    HttpResponse<String> response = send(request("/nowhere").header("Origin", "http://o"));
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).isEqualTo("No matching routes found");
    assertThat(response.headers().map().keySet())
        .noneMatch(name -> name.startsWith("access-control"));
    assertThat(send(request("/x").method("TRACE", BodyPublishers.noBody())).statusCode())
        .isEqualTo(405);
  }

  @Test
  void haveABodyOnlyWhereRequestsHaveOne() throws Exception {
    List<String> bodies = new ArrayList<>();
    ACTIONS.served =
        (_, body, sink) -> {
          bodies.add(body == null ? "none" : new String(body.readAllBytes(), UTF_8));
          sink.head(204, List.of());
          return ANSWERED;
        };
    for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET", "HEAD")) {
      send(request("/").method(method, BodyPublishers.ofString("a body")));
    }
    send(request("/").POST(BodyPublishers.noBody()));
    assertThat(bodies)
        .containsExactly("a body", "a body", "a body", "a body", "none", "none", "none", "none");
  }

  @Test
  void sendTheResponseWhileItIsBeingWritten() throws Exception {
    CountDownLatch firstRead = new CountDownLatch(1);
    ACTIONS.served =
        (_, _, sink) -> {
          sink.head(
              207,
              List.of(
                  new Header("content-type", "text/event-stream"),
                  new Header("set-cookie", "a=1"),
                  new Header("set-cookie", "b=2"),
                  new Header("x-latin", "caf\u00e9"),
                  new Header("connection", "upgrade"),
                  new Header("transfer-encoding", "gzip"),
                  new Header("content-length", "many")));
          sink.write(ByteBuffer.wrap("first".getBytes(UTF_8)));
          assertThat(firstRead.await(60, TimeUnit.SECONDS)).isTrue();
          sink.write(ByteBuffer.wrap("second".getBytes(UTF_8)));
          return ANSWERED;
        };
    HttpResponse<InputStream> response =
        HTTP.send(request("/").build(), BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(207);
    assertThat(response.headers().allValues("set-cookie")).containsExactly("a=1", "b=2");
    assertThat(response.headers().firstValue("connection")).isEmpty();
    assertThat(response.headers().firstValue("x-latin")).hasValue("caf\u00e9");
    assertThat(response.body().readNBytes(5)).asString(UTF_8).isEqualTo("first");
    firstRead.countDown();
    assertThat(response.body().readAllBytes()).asString(UTF_8).isEqualTo("second");
  }

  @Test
  void sendTheHeadBeforeThereIsABody() throws Exception {
    CountDownLatch headRead = new CountDownLatch(1);
    ACTIONS.served =
        (_, _, sink) -> {
          sink.head(200, List.of());
          assertThat(headRead.await(60, TimeUnit.SECONDS)).isTrue();
          return ANSWERED;
        };
    HttpResponse<InputStream> response =
        HTTP.send(request("/").build(), BodyHandlers.ofInputStream());
    headRead.countDown();
    assertThat(response.body().readAllBytes()).isEmpty();
  }

  @Test
  void readTheRequestOnlyAsFastAsTheActionDoes() throws Exception {
    CountDownLatch partSent = new CountDownLatch(1);
    BlockingQueue<String> read = new LinkedBlockingQueue<>();
    ACTIONS.served =
        (_, body, sink) -> {
          read.add(new String(requireNonNull(body).readNBytes(3), UTF_8));
          partSent.countDown();
          read.add(new String(body.readAllBytes(), UTF_8));
          sink.head(200, List.of());
          return ANSWERED;
        };
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.sitePort())) {
      OutputStream out = socket.getOutputStream();
      out.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc".getBytes(UTF_8));
      assertThat(partSent.await(60, TimeUnit.SECONDS)).isTrue();
      out.write("def".getBytes(UTF_8));
      assertThat(socket.getInputStream().readNBytes(12)).asString(UTF_8).contains("200");
    }
    assertThat(read).containsExactly("abc", "def");
  }

  @Test
  void refuseBodiesThatAreTooLarge() throws Exception {
    AtomicBoolean ran = new AtomicBoolean();
    ACTIONS.served =
        (_, body, sink) -> {
          ran.set(true);
          try {
            requireNonNull(body).readAllBytes();
          } catch (IOException e) {
            return new HttpOutcome.Failed("/x", JsError.of("Uncaught " + e), false, Spent.NOTHING);
          }
          sink.head(200, List.of());
          return ANSWERED;
        };
    assertThat(send(request("/").POST(BodyPublishers.ofByteArray(new byte[MOST]))).statusCode())
        .isEqualTo(200);
    ran.set(false);
    assertThat(send(request("/").POST(BodyPublishers.ofByteArray(new byte[MOST + 1]))).statusCode())
        .isEqualTo(413);
    assertThat(ran).isFalse();
    HttpRequest.BodyPublisher chunked =
        BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(new byte[MOST + 1]));
    assertThat(send(request("/").POST(chunked)).statusCode()).isEqualTo(413);
    assertThat(ran).isTrue();
  }

  @Test
  void answerWithoutReadingTheRequest() throws Exception {
    ACTIONS.served =
        (_, _, sink) -> {
          sink.head(403, List.of(new Header("content-length", "2")));
          sink.write(ByteBuffer.wrap("no".getBytes(UTF_8)));
          return ANSWERED;
        };
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> response =
          send(request("/").POST(BodyPublishers.ofByteArray(new byte[MOST])));
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(response.body()).isEqualTo("no");
    }
  }

  @Test
  void leaveTheBodyOutForHead() throws Exception {
    ACTIONS.served =
        (_, _, sink) -> {
          sink.head(200, List.of(new Header("content-length", "5")));
          return ANSWERED;
        };
    HttpResponse<String> response = send(request("/").method("HEAD", BodyPublishers.noBody()));
    assertThat(response.headers().firstValue("content-length")).hasValue("5");
    assertThat(response.body()).isEmpty();
  }

  @Test
  void tellTheErrorIfNothingWasSent() throws Exception {
    ACTIONS.served =
        (_, _, _) ->
            new HttpOutcome.Failed(
                "/x",
                new JsError("Uncaught Error: no luck", "{\"a\":1}", List.of("f (../a.ts:1:2)")),
                false,
                Spent.NOTHING);
    HttpResponse<String> response = send(request("/").header("Convex-Request-Id", "abc"));
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(response.body())
        .isEqualTo(
            "{\"code\":\"[Request ID: abc] Server Error: Uncaught Error: no"
                + " luck\",\"trace\":\"Uncaught Error: no luck\\u000a    at f"
                + " (../a.ts:1:2)\\u000a\",\"data\":{\"a\":1.0}}");
  }

  @Test
  void breakOffAResponseThatFails() {
    ACTIONS.served =
        (_, _, sink) -> {
          sink.head(200, List.of());
          sink.write(ByteBuffer.wrap("half".getBytes(UTF_8)));
          return new HttpOutcome.Failed("/x", JsError.of("Uncaught Error"), true, Spent.NOTHING);
        };
    assertThatThrownBy(() -> send(request("/"))).isInstanceOf(IOException.class);
  }

  @Test
  void cutAResponseThatIsTooLong() {
    ACTIONS.served =
        (_, _, sink) -> {
          sink.head(200, List.of());
          try {
            for (int i = 0; i < 3; i++) {
              sink.write(ByteBuffer.wrap(new byte[MOST]));
            }
          } catch (IOException e) {
            return new HttpOutcome.Answered("/x", 200, 3 * MOST, true, Spent.NOTHING);
          }
          throw new IllegalStateException("it was not cut");
        };
    assertThatThrownBy(() -> send(request("/"))).isInstanceOf(IOException.class);
  }

  @Test
  void noticeThatTheClientIsGone() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch failed = new CountDownLatch(1);
    ACTIONS.served =
        (_, _, sink) -> {
          sink.onDisconnect(told::countDown);
          sink.head(200, List.of());
          try {
            for (; ; ) {
              sink.write(ByteBuffer.wrap(new byte[1000]));
              Thread.onSpinWait();
            }
          } catch (IOException e) {
            failed.countDown();
          }
          return new HttpOutcome.Answered("/x", 200, 0, true, Spent.NOTHING);
        };
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.sitePort())) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(UTF_8));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
    }
    assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(failed.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void noticeAtOnceThatAnHttp2ClientIsGone() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    ACTIONS.served =
        (_, _, sink) -> {
          sink.onDisconnect(told::countDown);
          running.countDown();
          assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
          return ANSWERED;
        };
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    // The first request makes the connection one of HTTP/2.
    assertThat(
            client
                .send(
                    request("/api").method("TRACE", BodyPublishers.noBody()).build(),
                    BodyHandlers.ofString())
                .version())
        .isEqualTo(HttpClient.Version.HTTP_2);
    var response = client.sendAsync(request("/").build(), BodyHandlers.ofString());
    running.await();
    response.cancel(true);
    assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
    client.shutdownNow();
  }

  @Test
  void resetTheStreamOfAnHttp2ClientWhoseResponseIsCut() {
    ACTIONS.served =
        (_, _, sink) -> {
          sink.head(200, List.of());
          sink.write(ByteBuffer.wrap("half".getBytes(UTF_8)));
          return new HttpOutcome.Answered("GET /x", 200, 4, true, Spent.NOTHING);
        };
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    assertThatThrownBy(() -> client.send(request("/").build(), BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
    client.shutdownNow();
  }

  @Test
  void askForABodyThatTheClientHoldsBackOnlyIfTheActionWantsIt() throws Exception {
    ACTIONS.served =
        (head, body, sink) -> {
          if (head.path().equals("/read")) {
            requireNonNull(body).readAllBytes();
          }
          sink.head(200, List.of(new Header("content-length", "0")));
          return ANSWERED;
        };
    for (String path : List.of("/read", "/leave")) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.sitePort())) {
        String head =
            "POST "
                + path
                + " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(UTF_8));
        String answer = new String(socket.getInputStream().readNBytes(12), UTF_8);
        assertThat(answer).isEqualTo(path.equals("/read") ? "HTTP/1.1 100" : "HTTP/1.1 200");
      }
    }
  }

  @Test
  void leavePlacesToOthersWhileTheyWait() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch running = new CountDownLatch(3);
    ACTIONS.served =
        (_, _, sink) -> {
          running.countDown();
          release.await();
          sink.head(200, List.of());
          return ANSWERED;
        };
    List<java.util.concurrent.CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiting.add(HTTP.sendAsync(request("/").build(), BodyHandlers.ofString()));
    }
    running.await();
    HttpRequest other =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api/query_ts"))
            .POST(BodyPublishers.ofString("{}"))
            .header("Content-Type", "application/json")
            .build();
    assertThat(HTTP.send(other, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    release.countDown();
    for (var response : waiting) {
      assertThat(response.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
  }
}
