package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.server.ListTransactions.Begun;
import dev.freshet.server.ListTransactions.Committed;
import dev.freshet.server.ListTransactions.Range;
import dev.freshet.server.LiveWatcher.Observation;
import dev.freshet.testkit.History;
import dev.freshet.testkit.HistoryChecker;
import dev.freshet.values.Clock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Clients of a real server run random transactions over hot lists while others watch.
 *
 * <p>Three judges that do not trust each other: {@link HistoryChecker} proves from what
 * transactions read that they are strictly serializable, without any timestamp; the timestamps that
 * writers were told decide for every state that a watcher showed which values must be in it; and a
 * query that runs anew at a state's timestamp, uncached, must return the same.
 */
class HistoryOverTheWireTest {
  private static final int SOCKET_CLIENTS = 4;
  private static final int HTTP_CLIENTS = 3;
  private static final int TRANSACTIONS_PER_CHANGE = 4;

  /** How many states are compared with a fresh run. */
  private static final int FRESH_RUNS = 500;

  @TempDir private Path directory;
  private final ListTransactions transactions = new ListTransactions();
  private final Witness witness = new Witness();
  private final Queue<Observation<Range>> observations = new ConcurrentLinkedQueue<>();
  private final List<LiveWatcher<Range>> watchers = Collections.synchronizedList(new ArrayList<>());

  @Test
  void clientsSeeOneSerialOrderAndEveryStateIsOfItsTime() throws Exception {
    run(100, new Random().nextLong());
  }

  @Test
  @Tag("long")
  void manyTransactionsHaveOneSerialOrderToo() throws Exception {
    run(1_500, new Random().nextLong());
  }

  private ServerConfig config() {
    return TestConfig.local(directory, ProofApp.PATIENT_LIMITS);
  }

  private void run(int transactionsPerClient, long seed) throws Exception {
    try (FreshetServer server = FreshetServer.start(config(), Clock.system())) {
      WireApi api = new WireApi("127.0.0.1:" + server.port());
      ProofApp.push(api, server.application().keys().issueAdminKey());
      runClients(api, transactionsPerClient, new Random(seed));
      judge(api, new Random(seed));
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private void runClients(WireApi api, int transactionsPerClient, Random random) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Void>> clients = new ArrayList<>();
      for (int i = 0; i < SOCKET_CLIENTS + HTTP_CLIENTS; i++) {
        String name = (i < SOCKET_CLIENTS ? "socket " : "http ") + i;
        Random own = new Random(random.nextLong());
        boolean overSocket = i < SOCKET_CLIENTS;
        clients.add(
            () -> {
              if (overSocket) {
                writeAndWatch(api, name, own, transactionsPerClient);
              } else {
                writeOverHttp(api, name, own, transactionsPerClient);
              }
              return null;
            });
      }
      for (Future<Void> client : threads.invokeAll(clients)) {
        client.get();
      }
    }
  }

  private void writeOverHttp(WireApi api, String name, Random random, int count)
      throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      ListTransactions.Asked query = transactions.ask(name, random);
      query.returned(api.call("query", "lists:between", query.args()));
      Begun begun = transactions.begin(name, random);
      try {
        begun.returned(api.call("mutation", "lists:run", begun.args()));
      } catch (WireApi.CallFailed e) {
        if (!e.isContention()) {
          expectFailure(begun, String.valueOf(e.getMessage()));
        } else {
          begun.threw();
        }
      }
    }
  }

  /** Writes on one connection that is subscribed itself, and watches on a second one. */
  private void writeAndWatch(WireApi api, String name, Random random, int count)
      throws IOException, InterruptedException {
    LiveWatcher<Range> writer = new LiveWatcher<>(api, witness, observations);
    LiveWatcher<Range> watcher = new LiveWatcher<>(api, witness, observations);
    watchers.addAll(List.of(writer, watcher));
    for (int i = 0; i < count; i++) {
      if (random.nextInt(TRANSACTIONS_PER_CHANGE) == 0) {
        (random.nextBoolean() ? writer : watcher).change(transactions.range(random), random);
      }
      Begun begun = transactions.begin(name, random);
      JsonNode response = writer.socket().mutateAndAwait(i, "lists:run", begun.args());
      if (response.path("success").booleanValue()) {
        begun.returned(response.path("result"));
        begun.committedAt(WireTimestamp.decode(response.path("ts").stringValue()));
      } else {
        expectFailure(begun, response.path("result").stringValue());
      }
    }
  }

  private static void expectFailure(Begun begun, String message) {
    assertThat(message).contains("on purpose");
    assertThat(begun.fails()).isTrue();
    begun.threw();
  }

  // ---- Judging ----

  private void judge(WireApi api, Random random) throws IOException, InterruptedException {
    checkFinalStates(api);
    History history = transactions.history();
    assertThat(HistoryChecker.check(history)).isEmpty();
    List<Observation<Range>> states = distinct();
    states.forEach(this::checkAgainstCommits);
    Collections.shuffle(states, random);
    List<Observation<Range>> some = states.subList(0, Math.min(FRESH_RUNS, states.size()));
    for (int i = 0; i < some.size(); i++) {
      checkAgainstFreshRun(api, some.get(i), i);
    }
    System.out.printf(
        "%d transactions, %d different states watched, %d of them run again%n",
        history.transactions().size(), states.size(), some.size());
    assertThat(states).hasSizeGreaterThan(history.transactions().size());
  }

  /** Who watches sees the newest state in the end, whatever raced with what. */
  private void checkFinalStates(WireApi api) {
    for (LiveWatcher<Range> watcher : watchers) {
      await("the newest state")
          .atMost(Duration.ofSeconds(30))
          .until(() -> watcher.isSettled() && showsNewest(api, watcher));
      watcher.socket().cut();
    }
  }

  private static boolean showsNewest(WireApi api, LiveWatcher<Range> watcher) throws Exception {
    for (Map.Entry<Range, JsonNode> shown : watcher.shown().entrySet()) {
      if (!api.call("query", "lists:between", shown.getKey().json()).equals(shown.getValue())) {
        return false;
      }
    }
    return true;
  }

  private List<Observation<Range>> distinct() {
    Set<Observation<Range>> distinct = new HashSet<>(observations);
    return new ArrayList<>(distinct);
  }

  private void checkAgainstCommits(Observation<Range> state) {
    Map<String, List<Long>> lists = ListTransactions.lists(state.value());
    for (Committed append : transactions.committed()) {
      if (state.query().contains(append.key())) {
        assertThat(lists.getOrDefault(append.key(), List.of()).contains(append.value()))
            .as("%s in %s", append, state)
            .isEqualTo(append.timestamp() <= state.timestamp());
      }
    }
  }

  private static void checkAgainstFreshRun(WireApi api, Observation<Range> state, int nonce)
      throws IOException, InterruptedException {
    JsonNode fresh =
        api.queryAt(
            state.timestamp(), "lists:between", state.query().json().put("nonce", (double) nonce));
    assertThat(fresh).as("at %d", state.timestamp()).isEqualTo(state.value());
  }
}
