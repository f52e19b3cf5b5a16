package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.HttpHead.Header;
import dev.freshet.functions.HttpOutcome;
import dev.freshet.functions.Spent;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long HTTP actions may take: to the head of the response, and afterwards. */
class SlowHttpActionsTest {
  @Test
  void haveLimitedTimeToTheHeadAndAnyTimeAfterIt(@TempDir Path data) throws Exception {
    ServerConfig config = TestConfig.named(data, Map.of(Limit.HTTP_SERVER_TIMEOUT_SECONDS, 1L));
    ScriptedActions actions = new ScriptedActions();
    try (FreshetServer server =
            FreshetServer.start(config, Clock.system(), FunctionRunner::start, _ -> actions);
        HttpClient http = HttpClient.newHttpClient()) {
      ProofApp.push(
          new WireApi("127.0.0.1:" + server.port()),
          server.application().keys().issueAdminKey(),
          "web");
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.sitePort() + "/")).build();

      CountDownLatch interrupted = new CountDownLatch(1);
      actions.served =
          (_, _, _) -> {
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              interrupted.countDown();
              throw e;
            }
            throw new IllegalStateException("nobody interrupted");
          };
      assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(408);
      assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();

      // Silent for longer than connections may be idle.
      actions.served =
          (_, _, sink) -> {
            sink.head(200, List.of(new Header("content-type", "text/plain")));
            assertThat(new CountDownLatch(1).await(4, TimeUnit.SECONDS)).isFalse();
            sink.write(ByteBuffer.wrap("late".getBytes(UTF_8)));
            return new HttpOutcome.Answered("GET /", 200, 4, false, Spent.NOTHING);
          };
      HttpResponse<String> late = http.send(request, BodyHandlers.ofString());
      assertThat(late.body()).isEqualTo("late");
    }
  }
}
