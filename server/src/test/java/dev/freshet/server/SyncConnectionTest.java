package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.EnvironmentChange;
import dev.freshet.values.Clock;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The sync protocol over a real WebSocket, without an app. */
class SyncConnectionTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String CONNECT =
      "{\"type\":\"Connect\",\"sessionId\":\"a0320000-0000-4000-8000-000000000001\","
          + "\"connectionCount\":0,\"lastCloseReason\":\"InitialConnect\",\"clientTs\":5}";

  @TempDir private Path data;
  private FreshetServer server;
  private HttpClient http;

  @BeforeEach
  void start() {
    server = FreshetServer.start(TestConfig.named(data, Map.of()), Clock.system());
    http = HttpClient.newHttpClient();
  }

  @AfterEach
  void stop() {
    http.shutdownNow();
    server.close();
  }

  /** Collects what the server says. */
  private static final class Client implements WebSocket.Listener {
    final BlockingQueue<String> inbox = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        inbox.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      inbox.add("closed " + code + " " + reason);
      return null;
    }

    String next() throws InterruptedException {
      return String.valueOf(inbox.poll(20, TimeUnit.SECONDS));
    }

    JsonNode message() throws InterruptedException {
      return MAPPER.readTree(next());
    }
  }

  private WebSocket open(Client client, String path) {
    return http.newWebSocketBuilder()
        .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + path), client)
        .join();
  }

  @Test
  void subscribesAndSeesTheChange() throws Exception {
    Client client = new Client();
    WebSocket socket = open(client, "/api/1.48.0/sync");
    String key = server.application().keys().issueAdminKey();
    socket.sendText(CONNECT, true).join();
    socket
        .sendText(
            "{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"Admin\",\"value\":\""
                + key
                + "\"}",
            true)
        .join();
    socket
        .sendText(
            """
            {"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[
             {"type":"Add","queryId":0,"args":[{}],
              "udfPath":"_system/cli/queryEnvironmentVariables:default"}]}\
            """,
            true)
        .join();

    JsonNode first = client.message();
    assertThat(first.path("type").stringValue()).isEqualTo("Transition");
    assertThat(first.path("startVersion").path("ts").stringValue()).isEqualTo("AAAAAAAAAAA=");
    assertThat(first.path("endVersion").path("querySet").intValue()).isOne();
    assertThat(first.path("endVersion").path("identity").intValue()).isOne();
    assertThat(first.path("serverTs").isNumber()).isTrue();
    assertThat(first.path("modifications").path(0).path("value")).isEmpty();

    server
        .application()
        .environment()
        .update(
            EnvironmentChange.parse(
                MAPPER.readTree("{\"changes\":[{\"name\":\"A\",\"value\":\"1\"}]}")));
    JsonNode second = client.message();
    assertThat(second.path("startVersion")).isEqualTo(first.path("endVersion"));
    JsonNode rows = second.path("modifications").path(0).path("value");
    assertThat(rows.path(0).path("name").stringValue()).isEqualTo("A");
  }

  @Test
  void aMutationThatDoesNotExistIsAnsweredOnce() throws Exception {
    Client client = new Client();
    WebSocket socket = open(client, "/api/sync");
    socket.sendText(CONNECT, true).join();
    socket
        .sendText(
            "{\"type\":\"Mutation\",\"requestId\":0,\"udfPath\":\"no:where\",\"args\":[{}]}", true)
        .join();
    JsonNode response = client.message();
    assertThat(response.path("type").stringValue()).isEqualTo("MutationResponse");
    assertThat(response.path("success").booleanValue()).isFalse();
    assertThat(response.path("result").stringValue())
        .startsWith("[Request ID: ")
        .contains("Could not find public function for 'no:where'");
    assertThat(client.message().path("type").stringValue()).isEqualTo("Transition");
  }

  @Test
  void nonsenseIsFatalAndTheServerStaysUp() throws Exception {
    Client client = new Client();
    WebSocket socket = open(client, "/api/1.48.0/sync");
    socket.sendText("{\"type\":\"Nonsense\"}", true).join();
    assertThat(client.message().path("type").stringValue()).isEqualTo("FatalError");
    assertThat(client.next()).isEqualTo("closed 1005 ");

    Client binary = new Client();
    open(binary, "/api/1.48.0/sync").sendBinary(ByteBuffer.allocate(3), true).join();
    assertThat(binary.next()).isEqualTo("closed 1011 InternalServerError");

    Client refused = new Client();
    open(refused, "/api/1.48.0/sync")
        .sendText(
            "{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"User\",\"value\":\"x\"}",
            true)
        .join();
    JsonNode error = refused.message();
    assertThat(error.path("type").stringValue()).isEqualTo("AuthError");
    assertThat(error.path("authUpdateAttempted").booleanValue()).isTrue();
    assertThat(error.path("baseVersion").intValue()).isZero();
    assertThat(refused.next()).isEqualTo("closed 1005 ");
  }

  @Test
  void aStoppingServerSendsItsClientsAway() throws Exception {
    Client client = new Client();
    WebSocket socket = open(client, "/api/1.48.0/sync");
    socket.sendText(CONNECT, true).join();
    server.close();
    assertThat(client.next()).isEqualTo("closed 1001 ");
  }
}
