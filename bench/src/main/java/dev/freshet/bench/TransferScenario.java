package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.bench.HttpConnection.Response;
import java.io.IOException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Money is moved between accounts: the mutation finds two of them by an index on their number,
 * refuses an overdraft, and patches both.
 */
final class TransferScenario implements ClosedLoop.Scenario {
  static final int ACCOUNTS = 100_000;

  private static final int SEED_BATCH = 2_000;
  private static final long BALANCE = 1_000_000;
  private static final byte[] SUCCESS = "{\"status\":\"success\"".getBytes(UTF_8);

  private final String module;
  private final Keys keys;

  /**
   * @param module of the bench app: {@code fresh} runs each call in a fresh context, {@code reused}
   *     opts in to reuse
   */
  TransferScenario(String module, Keys keys) {
    this.module = module;
    this.keys = keys;
  }

  @Override
  public String path() {
    return "/api/mutation?format=json";
  }

  @Override
  public byte[] body(RandomGenerator random) {
    int from = keys.next(random);
    int to = keys.next(random);
    if (to == from) {
      to = (from + 1) % ACCOUNTS;
    }
    return call(
        module + ":transfer",
        "{\"from\":" + from + ",\"to\":" + to + ",\"amount\":" + (1 + random.nextInt(10)) + "}");
  }

  @Override
  public @Nullable String errorOf(Response response) {
    if (response.status() == 200 && startsWith(response.body(), SUCCESS)) {
      return null;
    }
    String text = response.text();
    return response.status() + " " + text.substring(0, Math.min(text.length(), 200));
  }

  /** Creates the accounts. */
  static void seed(int port) throws IOException {
    try (HttpConnection connection = new HttpConnection(port, "")) {
      for (int from = 0; from < ACCOUNTS; from += SEED_BATCH) {
        String args =
            "{\"from\":" + from + ",\"count\":" + SEED_BATCH + ",\"balance\":" + BALANCE + "}";
        require(connection.post("/api/mutation", call("accounts:seed", args)));
      }
    }
  }

  /** Checks that no money was made or lost. */
  static void verify(int port) throws IOException {
    double sum = 0;
    long count = 0;
    try (HttpConnection connection = new HttpConnection(port, "")) {
      for (int from = 0; from < ACCOUNTS; from += SEED_BATCH) {
        String args = "{\"from\":" + from + ",\"count\":" + SEED_BATCH + "}";
        String text = require(connection.post("/api/query", call("accounts:total", args)));
        count += (long) number(text, "\"count\":");
        sum += number(text, "\"sum\":");
      }
    }
    if (count != ACCOUNTS || sum != (double) ACCOUNTS * BALANCE) {
      throw new IOException("money was made or lost: " + count + " accounts hold " + sum);
    }
  }

  private static double number(String json, String key) {
    int start = json.indexOf(key) + key.length();
    int end = start;
    while ("+-.eE0123456789".indexOf(json.charAt(end)) >= 0) {
      end++;
    }
    return Double.parseDouble(json.substring(start, end));
  }

  private static String require(Response response) throws IOException {
    if (response.status() != 200 || !startsWith(response.body(), SUCCESS)) {
      throw new IOException(response.status() + " " + response.text());
    }
    return response.text();
  }

  static byte[] call(String path, String args) {
    return ("{\"path\":\"" + path + "\",\"args\":" + args + "}").getBytes(UTF_8);
  }

  private static boolean startsWith(byte[] text, byte[] prefix) {
    return text.length >= prefix.length
        && java.util.Arrays.equals(text, 0, prefix.length, prefix, 0, prefix.length);
  }
}
