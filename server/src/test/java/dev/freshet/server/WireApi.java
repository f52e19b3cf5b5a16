package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A server's HTTP API as the official clients use it, with values in their internal form.
 * Thread-safe.
 *
 * @param address host and port
 */
record WireApi(String address) {
  /** Prints halves of characters as JavaScript does: escaped. */
  static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(20))
          .build();
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** A function threw, or lost against others too often: certainly without effect. */
  static final class CallFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final String CONTENTION = "OptimisticConcurrencyControlFailure";

    /** Whether it may succeed when it is tried again. */
    boolean isContention() {
      return String.valueOf(getMessage()).contains(CONTENTION);
    }

    CallFailed(String message) {
      super(message);
    }
  }

  /**
   * The result of a query or mutation.
   *
   * @param endpoint such as {@code mutation}
   * @throws CallFailed if the function failed: certainly without an effect
   * @throws IOException if the outcome is not known
   */
  JsonNode call(String endpoint, String path, ObjectNode args)
      throws IOException, InterruptedException {
    return result(post("/api/" + endpoint, body(path, args)));
  }

  /** The result of a query at the timestamp of a transition. */
  JsonNode queryAt(long timestamp, String path, ObjectNode args)
      throws IOException, InterruptedException {
    ObjectNode body = body(path, args).put("ts", WireTimestamp.encode(timestamp));
    return result(post("/api/query_at_ts", body));
  }

  private static ObjectNode body(String path, ObjectNode args) {
    ObjectNode body =
        MAPPER.createObjectNode().put("path", path).put("format", "convex_encoded_json");
    body.putArray("args").add(args);
    return body;
  }

  private static JsonNode result(HttpResponse<String> response) {
    if (response.statusCode() == 503 && response.body().contains(CallFailed.CONTENTION)) {
      throw new CallFailed(response.body());
    }
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode answer = MAPPER.readTree(response.body());
    if (answer.path("status").stringValue().equals("success")) {
      return answer.path("value");
    }
    throw new CallFailed(answer.path("errorMessage").stringValue());
  }

  HttpResponse<String> post(String path, JsonNode body) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create("http://" + address + path))
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .header("Convex-Client", "npm-1.48.0")
            .POST(BodyPublishers.ofString(MAPPER.writeValueAsString(body)))
            .build(),
        BodyHandlers.ofString());
  }
}
