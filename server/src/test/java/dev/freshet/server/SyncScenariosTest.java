package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.server.SyncTestSocket.Connect;
import dev.freshet.server.SyncTestSocket.Kind;
import dev.freshet.server.SyncTestSocket.Query;
import dev.freshet.values.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Scenarios of spec 10 §20 with a strict client on a real WebSocket and a real app. */
class SyncScenariosTest {
  @TempDir private static Path data;
  private static FreshetServer server;
  private static WireApi api;

  private final Witness witness = new Witness();
  private final List<SyncTestSocket> open = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    server = FreshetServer.start(TestConfig.local(data, ProofApp.PATIENT_LIMITS), Clock.system());
    api = new WireApi("127.0.0.1:" + server.port());
    ProofApp.push(api, server.application().keys().issueAdminKey());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** No rule may have been broken on any connection, whatever the test looked at. */
  @AfterEach
  void cutConnections() {
    open.forEach(SyncTestSocket::cut);
  }

  private SyncTestSocket open(Kind kind, Connect connect) throws IOException {
    SyncTestSocket socket = SyncTestSocket.open(api, kind, connect, witness);
    open.add(socket);
    return socket;
  }

  private SyncTestSocket open() throws IOException {
    return open(Kind.NPM, Connect.fresh());
  }

  private static ObjectNode object() {
    return WireApi.MAPPER.createObjectNode();
  }

  private static ObjectNode value(JsonNode value) {
    ObjectNode args = object();
    args.set("value", value);
    return args;
  }

  private static JsonNode json(String text) {
    return WireApi.MAPPER.readTree(text);
  }

  @Test
  void anEmptyClientIsConfirmedAndAMutationNeedsNoSubscription() throws Exception {
    SyncTestSocket socket = open();
    socket.modify(List.of(), List.of());
    JsonNode transition = socket.await("a transition", known -> first(known, "Transition"));
    assertThat(transition.path("modifications")).isEmpty();
    assertThat(transition.path("endVersion").path("querySet").intValue()).isOne();

    JsonNode response = socket.mutateAndAwait(0, "values:store", value(json("1.0")));
    assertThat(response.path("success").booleanValue()).isTrue();
    assertThat(socket.look(SyncRules::isSettled)).isTrue();
  }

  private static @Nullable JsonNode first(SyncRules known, String type) {
    List<JsonNode> found = known.ofType(type);
    return found.isEmpty() ? null : found.getFirst();
  }

  @Test
  void racingConnectionsOfOneSessionExecuteARequestOnce() throws Exception {
    for (int round = 0; round < 20; round++) {
      UUID session = UUID.randomUUID();
      List<SyncTestSocket> racers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        racers.add(open(Kind.NPM, new Connect(session, i, 0)));
      }
      ObjectNode args =
          object().put("account", "raced " + round).put("key", "once").put("hot", false);
      for (SyncTestSocket racer : racers) {
        racer.mutate(0, "ledger:enter", args, true);
      }
      JsonNode answer = racers.getFirst().awaitReflected(0);
      assertThat(answer.path("result").longValue()).isOne();
      for (SyncTestSocket racer : racers) {
        assertThat(racer.awaitReflected(0)).isEqualTo(answer);
      }
    }
  }

  @Test
  void aResentRequestAnswersWithThePastAndIsReflectedInThePresent() throws Exception {
    Connect first = Connect.fresh();
    SyncTestSocket before = open(Kind.NPM, first);
    ObjectNode args = object().put("account", "resent").put("key", "once").put("hot", false);
    JsonNode answer = before.mutateAndAwait(0, "ledger:enter", args);
    long seen = before.look(known -> known.version().timestamp());
    before.cut();
    open().mutateAndAwait(0, "values:store", value(json("\"in between\"")));

    SyncTestSocket after = open(Kind.NPM, new Connect(first.session(), 1, seen));
    after.mutate(0, "ledger:enter", args, true);
    assertThat(after.awaitReflected(0)).isEqualTo(answer);
    JsonNode balance =
        after.subscribe(new Query(0, "ledger:balance", object().put("account", "resent"), null));
    assertThat(balance.path("value").longValue()).isOne();
  }

  @Test
  void aPageKeepsItsEndOverAReconnect() throws Exception {
    SyncTestSocket writer = open();
    long request = 0;
    for (int i = 0; i < 5; i++) {
      writer.mutateAndAwait(request++, "values:store", value(json("\"paged\"")));
    }
    ObjectNode args = object();
    args.putObject("paginationOpts").put("numItems", 3).putNull("cursor");
    SyncTestSocket before = open();
    JsonNode page = before.subscribe(new Query(0, "values:page", args, null));
    String journal = page.path("journal").stringValue();
    before.cut();

    SyncTestSocket after = open();
    JsonNode again = after.subscribe(new Query(0, "values:page", args, journal));
    assertThat(again.path("value").path("page")).isEqualTo(page.path("value").path("page"));
    assertThat(again.path("value").path("continueCursor"))
        .isEqualTo(page.path("value").path("continueCursor"));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void transitionsOfEverySizeArrive(Kind kind) throws Exception {
    SyncTestSocket socket = open(kind, Connect.fresh());
    List<Query> queries = new ArrayList<>();
    socket.subscribe(large(9, 3, 999_983)); // two bytes a character: 6 MB
    boolean chunked = socket.look(SyncRules::chunkCount) > 1;
    assertThat(chunked).isEqualTo(kind.understandsChunks);
    if (kind == Kind.NPM_1_28 || kind == Kind.NPM_1_27) {
      return;
    }
    for (int i = 0; i < 4; i++) { // more than 50 MB
      queries.add(large(i, 7, 999_983 + i));
    }
    socket.modify(queries, List.of());
    JsonNode last =
        socket.await(
            "a large transition",
            known -> known.version().querySet() == 2 ? known.results().get(3L) : null);
    assertThat(last.path("value").path("pieces")).hasSize(7);
    assertThat(last.path("value").path("pieces").path(6).stringValue()).hasSize(999_986);
  }

  private static Query large(long id, int pieces, int length) {
    return new Query(
        id, "values:large", object().put("pieces", pieces).put("length", length), null);
  }

  @Test
  void aClientThatStopsReadingCostsBoundedMemory(@TempDir Path directory) throws Exception {
    try (ServerProcess small = new ServerProcess(directory, "-Xmx112m")) {
      small.startAndAwait();
      ProofApp.push(small.api(), ServerProcess.adminKey());
      SyncTestSocket slow = SyncTestSocket.open(small.api(), Connect.fresh(), witness);
      SyncTestSocket fast = SyncTestSocket.open(small.api(), Connect.fresh(), witness);
      Query query = large(0, 10, 50_000); // 1 MB
      slow.subscribe(query);
      fast.subscribe(query);
      slow.pause();
      int commits = 150;
      for (int i = 0; i < commits; i++) {
        fast.mutateAndAwait(i, "values:store", value(json(i + ".0")));
      }
      slow.resume();
      slow.await(
          "the newest state", known -> newest(known) == commits - 1 ? known.version() : null);
      List<JsonNode> transitions = slow.look(known -> known.ofType("Transition"));
      assertThat(transitions).hasSizeLessThan(commits / 2);
      slow.cut();
      fast.cut();
    }
  }

  private static long newest(SyncRules known) {
    JsonNode result = known.results().get(0L);
    return result == null ? -1 : result.path("value").path("newest").longValue(-1);
  }

  // ---- Values and errors ----

  @Test
  void valuesAtTheirLimitsPassAndThoseBeyondFailAlone() throws Exception {
    SyncTestSocket socket = open();
    assertThat(echo(socket, 0, nested(62)).path("type").stringValue()).isEqualTo("QueryUpdated");
    assertThat(echo(socket, 1, nested(63)).path("errorMessage").stringValue())
        .contains("nested 65 levels deep > maximum nesting 64");
    assertThat(echo(socket, 2, zeros(8_192)).path("value")).hasSize(8_192);
    assertThat(echo(socket, 3, zeros(8_193)).path("errorMessage").stringValue()).contains("8192");
    JsonNode stored = socket.mutateAndAwait(0, "values:store", value(nested(63)));
    assertThat(stored.path("success").booleanValue()).isFalse();
  }

  @Test
  void everyNaNComesBackAsOne() throws Exception {
    SyncTestSocket socket = open();
    long[] payloads = {0x7ff8000000000000L, 0x7ff0000000000001L, 0xffffffffffffffffL};
    for (int i = 0; i < payloads.length; i++) {
      JsonNode result = echo(socket, i, float64(payloads[i]));
      byte[] bits = Base64.getDecoder().decode(result.at("/value/$float").stringValue());
      assertThat(ByteBuffer.wrap(bits).order(ByteOrder.LITTLE_ENDIAN).getDouble()).isNaN();
    }
    JsonNode stored = socket.mutateAndAwait(0, "values:store", value(float64(payloads[1])));
    JsonNode loaded =
        socket.subscribe(
            new Query(9, "values:load", object().set("id", stored.path("result")), null));
    assertThat(loaded.at("/value/$float").isString()).isTrue();
  }

  @Test
  void halfACharacterFailsItsOwnRequestOnly() throws Exception {
    SyncTestSocket socket = open();
    JsonNode half = object().put("half", "\ud800").path("half");
    assertThat(echo(socket, 0, half).path("errorMessage").stringValue()).contains("lone surrogate");
    JsonNode stored = socket.mutateAndAwait(0, "values:store", value(half));
    assertThat(stored.path("success").booleanValue()).isFalse();
    assertThat(echo(socket, 1, json("\"fine\"")).path("value").stringValue()).isEqualTo("fine");
  }

  @Test
  void theDataOfAnErrorIsThereExactlyIfItIsAConvexError() throws Exception {
    SyncTestSocket socket = open();
    ObjectNode data = object();
    data.putNull("data");
    JsonNode withNull = socket.subscribe(new Query(0, "values:failWith", data, null));
    assertThat(withNull.path("errorData").isNull()).isTrue();
    JsonNode withUndefined =
        socket.subscribe(new Query(1, "values:failWithUndefined", object(), null));
    assertThat(withUndefined.path("type").stringValue()).isEqualTo("QueryFailed");
    assertThat(withUndefined.path("errorData").isNull()).isTrue();
    JsonNode plain = socket.subscribe(new Query(2, "no:where", object(), null));
    assertThat(plain.has("errorData")).isFalse();

    JsonNode refused = socket.mutateAndAwait(0, "values:refuse", data);
    assertThat(refused.path("errorData").isNull()).isTrue();
    socket.await("its transition", known -> known.isSettled() ? known : null);
  }

  private static JsonNode echo(SyncTestSocket socket, long id, JsonNode value)
      throws IOException, InterruptedException {
    return socket.subscribe(new Query(id, "values:echo", value(value), null));
  }

  private static JsonNode nested(int depth) {
    return json("[".repeat(depth) + "]".repeat(depth));
  }

  private static JsonNode zeros(int count) {
    ArrayNode zeros = WireApi.MAPPER.createArrayNode();
    for (int i = 0; i < count; i++) {
      zeros.add(0.0);
    }
    return zeros;
  }

  private static JsonNode float64(long bits) {
    byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bits).array();
    return object().put("$float", Base64.getEncoder().encodeToString(bytes));
  }
}
