package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.functions.HttpHead.Header;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.JsError;
import dev.freshet.functions.Spent;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of the responses of HTTP actions, and clients that leave. */
class HttpActionsTest extends HttpActionTest {
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
        http.send(request("/").build(), BodyHandlers.ofInputStream());
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
        http.send(request("/").build(), BodyHandlers.ofInputStream());
    headRead.countDown();
    assertThat(response.body().readAllBytes()).isEmpty();
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
      waiting.add(http.sendAsync(request("/").build(), BodyHandlers.ofString()));
    }
    running.await();
    HttpRequest other =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api/query_ts"))
            .POST(BodyPublishers.ofString("{}"))
            .header("Content-Type", "application/json")
            .build();
    assertThat(http.send(other, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    release.countDown();
    for (var response : waiting) {
      assertThat(response.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
  }
}
