package dev.freshet.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.functions.FunctionRunner;
import dev.freshet.server.SyncTestSocket.Disconnected;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Many more calls than a server with few places can run, whose functions don't return. */
class OverloadOverTheWireTest {
  private static final int QUERIES = 6;
  private static final int MUTATIONS = 2;
  private static final int EACH = 150;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What is refused, with its status. */
  private static final Set<String> REFUSALS =
      Set.of(
          "429 TooManyConcurrentRequests", // a call that got no place
          "503 ExpiredInQueue", // a request that got none
          "503 ExecuteFullError");

  @TempDir private Path directory;
  private final CompletableFuture<HeldRunner> started = new CompletableFuture<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private FreshetServer server;
  private HeldRunner runner;
  private WireApi api;

  @BeforeEach
  void start() throws Exception {
    server =
        FreshetServer.start(
            config(),
            Clock.system(),
            runners -> {
              started.complete(new HeldRunner(FunctionRunner.start(runners)));
              return started.join();
            });
    runner = started.join();
    api = new WireApi("127.0.0.1:" + server.port());
    ProofApp.push(api, server.application().keys().issueAdminKey());
  }

  @AfterEach
  void stop() {
    runner.letGo();
    threads.shutdownNow();
    server.close();
  }

  /** Every request has a place if all places are free, and none to spare. */
  private ServerConfig config() {
    Map<Limit, Long> limits = new EnumMap<>(ProofApp.PATIENT_LIMITS);
    limits.put(Limit.APPLICATION_MAX_CONCURRENT_QUERIES, (long) QUERIES);
    limits.put(Limit.APPLICATION_MAX_CONCURRENT_MUTATIONS, (long) MUTATIONS);
    limits.put(Limit.MAX_CONCURRENT_REQUESTS, (long) QUERIES + MUTATIONS);
    limits.put(Limit.ISOLATE_QUEUE_SIZE, 50L);
    limits.put(Limit.OVERLOAD_WAIT_MILLIS, 100L);
    limits.put(Limit.ISOLATE_QUEUE_IDLE_TIMEOUT_MS, 200L);
    limits.put(Limit.ISOLATE_QUEUE_CONGESTED_TIMEOUT_MS, 50L);
    return TestConfig.local(directory, limits);
  }

  private Future<HttpResponse<String>> call(String endpoint, String path, ObjectNode args) {
    ObjectNode body = WireApi.MAPPER.createObjectNode().put("path", path).put("format", "json");
    body.putArray("args").add(args);
    return threads.submit(
        (Callable<HttpResponse<String>>) () -> api.post("/api/" + endpoint, body));
  }

  private Future<HttpResponse<String>> query(int nonce) {
    return call("query", "lists:between", range("a", "b").put("nonce", nonce));
  }

  private Future<HttpResponse<String>> append(String key) {
    return call("mutation", "lists:run", appending(key, 1));
  }

  private static ObjectNode range(String from, String to) {
    return WireApi.MAPPER.createObjectNode().put("from", from).put("to", to);
  }

  private static ObjectNode appending(String key, int value) {
    ObjectNode args = WireApi.MAPPER.createObjectNode().put("fail", false);
    args.putArray("steps").addObject().put("append", key).put("value", value);
    return args;
  }

  private static String key(int number) {
    return "k%03d".formatted(number);
  }

  @Test
  void someAreServedTheOthersAreToldAndThenAllIsAsBefore() throws Exception {
    SyncTestClient session = new SyncTestClient(api, new Witness());
    long watched = session.watch("lists:between", range("s", "t"));
    session.connect();
    session.settle();

    runner.hold();
    List<Future<HttpResponse<String>>> queries = new ArrayList<>();
    List<Future<HttpResponse<String>>> mutations = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      queries.add(query(i));
      mutations.add(append(key(i)));
    }
    List<Future<HttpResponse<String>>> all = new ArrayList<>(queries);
    all.addAll(mutations);
    await().atMost(PATIENCE).until(() -> refused(all) > 0);
    session.mutate("lists:run", appending("s", 1));
    session.mutate("lists:run", appending("s", 2));
    await().atMost(PATIENCE).until(() -> pending(all) <= QUERIES + MUTATIONS && runner.held() > 0);
    assertThat(version()).as("what a health check asks").isEqualTo(200);
    runner.letGo();

    Set<String> appended = new TreeSet<>();
    for (int i = 0; i < EACH; i++) {
      checkAnswer(queries.get(i));
      if (checkAnswer(mutations.get(i))) {
        appended.add(key(i));
      }
    }
    assertThat(refused(all)).isGreaterThan(EACH);
    assertThat(all.size() - refused(all)).as("served").isPositive();
    settle(session);
    await()
        .atMost(PATIENCE)
        .until(() -> session.value(watched).path("s").toString().equals("[1.0,2.0]"));
    JsonNode lists = api.call("query", "lists:between", range("k", "l"));
    assertThat(lists.propertyNames()).as("refused means without effect").isEqualTo(appended);
    session.disconnected();

    checkThatAllPlacesAreFree();
  }

  /** Returns whether it was served. */
  private static boolean checkAnswer(Future<HttpResponse<String>> call) throws Exception {
    HttpResponse<String> response = call.get();
    JsonNode answer = WireApi.MAPPER.readTree(response.body());
    if (response.statusCode() == 200) {
      assertThat(answer.path("status").stringValue()).isEqualTo("success");
      return true;
    }
    assertThat(REFUSALS).contains(response.statusCode() + " " + answer.path("code").stringValue());
    return false;
  }

  private static long refused(List<Future<HttpResponse<String>>> calls) {
    return calls.stream()
        .filter(call -> call.state() == Future.State.SUCCESS)
        .filter(call -> call.resultNow().statusCode() != 200)
        .count();
  }

  private static long pending(List<Future<HttpResponse<String>>> calls) {
    return calls.stream().filter(call -> !call.isDone()).count();
  }

  private int version() throws IOException, InterruptedException {
    URI uri = URI.create("http://" + api.address() + "/version");
    return WireApi.HTTP
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
        .statusCode();
  }

  /** A session that was sent away in spite of its patience comes again, as clients do. */
  private static void settle(SyncTestClient session) throws IOException, InterruptedException {
    while (true) {
      try {
        session.settle();
        return;
      } catch (Disconnected e) {
        assertThat(e).hasMessageStartingWith("1013 TooManyConcurrentRequests");
        session.disconnected();
        session.connect();
      }
    }
  }

  private void checkThatAllPlacesAreFree() throws Exception {
    runner.hold();
    List<Future<HttpResponse<String>>> calls = new ArrayList<>();
    IntStream.range(EACH, EACH + QUERIES).forEach(i -> calls.add(query(i)));
    IntStream.range(EACH, EACH + MUTATIONS).forEach(i -> calls.add(append(key(i))));
    await().atMost(PATIENCE).until(() -> runner.held() == QUERIES + MUTATIONS);
    runner.letGo();
    for (Future<HttpResponse<String>> call : calls) {
      assertThat(requireNonNull(call.get()).statusCode()).isEqualTo(200);
    }
  }
}
