package dev.freshet.bench;

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

  private static final int SEED_BATCH = 500;
  private static final long BALANCE = 1_000_000;

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
    return Calls.body(
        module + ":transfer",
        "{\"from\":" + from + ",\"to\":" + to + ",\"amount\":" + (1 + random.nextInt(10)) + "}");
  }

  @Override
  public @Nullable String errorOf(Response response) {
    return Calls.errorOf(response);
  }

  /** Creates the accounts. */
  static void seed(int port) throws IOException {
    try (HttpConnection connection = new HttpConnection(port, "")) {
      for (int from = 0; from < ACCOUNTS; from += SEED_BATCH) {
        String args =
            "{\"from\":" + from + ",\"count\":" + SEED_BATCH + ",\"balance\":" + BALANCE + "}";
        Calls.mutation(connection, "accounts:seed", args);
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
        String text = Calls.query(connection, "accounts:total", args);
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
}
