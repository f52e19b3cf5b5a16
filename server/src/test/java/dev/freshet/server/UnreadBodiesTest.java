package dev.freshet.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.Clock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real HTTP actions that end while the server still reads the request's body for them. */
class UnreadBodiesTest {
  private static final int ROUNDS = 5;
  private static final String NEXT =
      "GET /cookies HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

  @TempDir private static Path data;
  private static FreshetServer server;

  @BeforeAll
  static void start() throws Exception {
    server = FreshetServer.start(TestConfig.named(data, ProofApp.PATIENT_LIMITS), Clock.system());
    String key = server.application().keys().issueAdminKey();
    ProofApp.push(new WireApi("127.0.0.1:" + server.port()), key, "web");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Socket half(String path) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.sitePort());
    send(socket, "POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private static String read(Socket socket, int length) throws IOException {
    return new String(socket.getInputStream().readNBytes(length), ISO_8859_1);
  }

  @Test
  void areAnsweredBeforeTheBodyHasComeAndLeaveTheConnectionUsable() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      try (Socket socket = half("/unread")) {
        assertThat(read(socket, 12)).isEqualTo("HTTP/1.1 403");
        send(socket, "def" + NEXT);
        assertThat(read(socket, Integer.MAX_VALUE)).contains("HTTP/1.1 204");
      }
    }
  }

  @Test
  void areToldThatThereIsNoRouteWhenTheBodyHasCome() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      try (Socket socket = half("/nowhere");
          Socket meanwhile = new Socket(InetAddress.getLoopbackAddress(), server.sitePort())) {
        send(meanwhile, NEXT);
        assertThat(read(meanwhile, 12)).isEqualTo("HTTP/1.1 204");
        send(socket, "def" + NEXT);
        assertThat(read(socket, Integer.MAX_VALUE))
            .startsWith("HTTP/1.1 404")
            .contains("HTTP/1.1 204");
      }
    }
  }
}
