package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.bench.HttpConnection.Response;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The bare HTTP path of the same server: a small body comes back. */
final class EchoScenario implements ClosedLoop.Scenario {
  private static final byte[] BODY =
      "{\"path\":\"fresh:transfer\",\"args\":{\"from\":1,\"to\":2,\"amount\":3}}".getBytes(UTF_8);

  @Override
  public String path() {
    return "/echo";
  }

  @Override
  public byte[] body(RandomGenerator random) {
    return BODY;
  }

  @Override
  public @Nullable String errorOf(Response response) {
    return response.status() == 200 ? null : Integer.toString(response.status());
  }
}
