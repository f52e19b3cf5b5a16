package dev.freshet.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.HttpHead;
import dev.freshet.functions.HttpHead.Header;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.JsError;
import dev.freshet.functions.Spent;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What HTTP actions get of a request: its URL, headers and body. */
class HttpActionRequestsTest extends HttpActionTest {
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
  void takeALongForwardedHeaderForWhatItIs() throws Exception {
    String name = "x\\y".repeat(15_000);
    HttpHead head =
        headOf(server.sitePort(), "/", "Host: h\r\nForwarded: host=\"" + name + "\"\r\n");
    assertThat(head.url()).isEqualTo("http://" + "xy".repeat(15_000) + "/");
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
}
