package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.bench.HttpConnection.Response;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Calls of functions over HTTP: their bodies, and what their answers say. */
final class Calls {
  private static final byte[] SUCCESS = "{\"status\":\"success\"".getBytes(UTF_8);
  private static final int ATTEMPTS = 10;
  private static final int SHOWN = 200;

  private Calls() {}

  static byte[] body(String path, String args) {
    return ("{\"path\":\"" + path + "\",\"args\":" + args + "}").getBytes(UTF_8);
  }

  /** Null for a success, else a short text of the error. */
  static @Nullable String errorOf(Response response) {
    byte[] body = response.body();
    if (response.status() == 200
        && body.length >= SUCCESS.length
        && Arrays.equals(body, 0, SUCCESS.length, SUCCESS, 0, SUCCESS.length)) {
      return null;
    }
    String text = response.text();
    return response.status() + " " + text.substring(0, Math.min(text.length(), SHOWN));
  }

  /** Runs a query that must succeed; its whole answer. */
  static String query(HttpConnection connection, String path, String args) throws IOException {
    return call(connection, "/api/query", path, args);
  }

  /**
   * Runs a mutation that must succeed; its whole answer. Tries again after a failure, as on a busy
   * machine even a small one may overrun its time.
   */
  static String mutation(HttpConnection connection, String path, String args) throws IOException {
    return call(connection, "/api/mutation", path, args);
  }

  private static String call(HttpConnection connection, String endpoint, String path, String args)
      throws IOException {
    String error = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Response response = connection.post(endpoint, body(path, args));
      error = errorOf(response);
      if (error == null) {
        return response.text();
      }
    }
    throw new IOException(path + ": " + error);
  }
}
