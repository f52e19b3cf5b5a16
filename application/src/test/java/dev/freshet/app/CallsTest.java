package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static dev.freshet.app.DeployedTestApp.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.FunctionLog.LineFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Calls of a real app over real storage and real JavaScript. Each test has rooms of its own. */
class CallsTest {
  @TempDir static Path directory;

  private static DeployedTestApp app;

  @BeforeAll
  static void deploy() {
    app = DeployedTestApp.deploy(directory, "calls");
  }

  @AfterAll
  static void close() {
    app.close();
  }

  private static String send(String room, String text) {
    return app.mutated("messages:send", "{\"room\":\"" + room + "\",\"text\":\"" + text + "\"}");
  }

  private static String room(String room) {
    return "{\"room\":\"" + room + "\"}";
  }

  private static String id(String json) {
    return "{\"id\":" + json + "}";
  }

  @Test
  void aQuerySeesWhatAMutationWrote() {
    String id = send("a", "hello");
    assertThat(app.queried("messages:list", "[" + room("a") + "]")).isEqualTo("[\"hello\"]");
    assertThat(app.queried("messages.js:get", id(id)))
        .startsWith("{\"_creationTime\":")
        .endsWith(",\"_id\":" + id + ",\"room\":\"a\",\"text\":\"hello\"}");
  }

  @Test
  void patchesReplacesAndDeletes() {
    String id = send("b", "one");
    assertThat(app.mutated("messages:like", id(id))).isEqualTo("null");
    assertThat(app.queried("messages:get", id(id))).contains("\"likes\":1.0");
    app.mutated("messages:unlike", id(id));
    assertThat(app.queried("messages:get", id(id))).doesNotContain("likes");
    app.mutated("messages:rewrite", "{\"id\":" + id + ",\"text\":\"two\"}");
    assertThat(app.queried("messages:list", room("rewritten"))).isEqualTo("[\"two\"]");
    app.mutated("messages:remove", id(id));
    assertThat(app.queried("messages:get", id(id))).isEqualTo("null");
    assertThat(error(app.mutation("messages:remove", id(id)).outcome()))
        .contains("Uncaught Error: Delete on nonexistent document ID ");
  }

  @Test
  void aQueryThatIsBeingWalkedSeesWhatItsFunctionWrites() {
    assertThat(app.mutated("messages:walk", room("walked")))
        .isEqualTo("[\"0\",\"11\",\"2\",\"33\",\"new 1\",\"new 2\",\"new 3\",\"new 4\",\"new 5\"]");
  }

  @Test
  void theTimestampsOfCommitsAndReadsFitTogether() {
    MutationResult sent = app.mutation("messages:send", "{\"room\":\"ts\",\"text\":\"x\"}");
    assertThat(app.application.functions().latestTimestamp())
        .isGreaterThanOrEqualTo(sent.timestamp());
    assertThat(
            value(
                app.queryAs(
                        Identity.anonymous(),
                        "messages:list",
                        room("ts"),
                        null,
                        sent.timestamp() - 1)
                    .outcome()))
        .isEqualTo("[]");
    assertThat(
            value(
                app.queryAs(
                        Identity.anonymous(), "messages:list", room("ts"), null, sent.timestamp())
                    .outcome()))
        .isEqualTo("[\"x\"]");
  }

  @Test
  void aFailedMutationWritesNothingAndTellsItsData() {
    CallOutcome.Failure failure =
        (CallOutcome.Failure) app.mutation("messages:refuse", "{}").outcome();
    assertThat(failure.message())
        .startsWith("[Request ID: r1] Server Error\nUncaught ConvexError: ")
        .contains("messages.ts:");
    assertThat(new String(failure.data(), UTF_8))
        .isEqualTo("{\"code\":\"refused\",\"tries\":{\"$integer\":\"AQAAAAAAAAA=\"}}");
    assertThat(failure.logLines()).hasSize(1);
    assertThat(failure.logLines().getFirst()).startsWith("[LOG] 'refusing'");
    assertThat(app.queried("messages:list", room("lost"))).isEqualTo("[]");
  }

  @Test
  void argumentsAndResultsAreHeldAgainstTheirValidators() {
    assertThat(error(app.mutation("messages:send", "{\"room\":1,\"text\":\"x\"}").outcome()))
        .startsWith("[Request ID: r1] Server Error\nArgumentValidationError: Value does not match")
        .contains("Path: .room\n");
    assertThat(error(app.query("messages:wrongReturn", "{}").outcome()))
        .contains("ReturnsValidationError: Value does not match validator.");
    assertThat(error(app.mutation("messages:badDocument", "{}").outcome()))
        .contains("Failed to insert or update a document in table \"messages\"");
    assertThat(error(app.query("messages:list", "{\"room\":{\"$x\":1}}").outcome()))
        .contains("Invalid arguments for messages.js:list: ");
    assertThat(error(app.query("messages:list", "7").outcome()))
        .contains("Invalid arguments for messages.js:list: ");
  }

  @Test
  void whatIsNotThereAndWhatIsInternalLookTheSame() {
    assertThat(error(app.query("messages:nothing", "{}").outcome()))
        .contains("Could not find public function for 'messages:nothing'.");
    assertThat(error(app.query("messages:secret", "{}").outcome()))
        .contains("Could not find public function for 'messages:secret'.");
    assertThat(error(app.query("nowhere", "{}").outcome()))
        .contains("Could not find public function for 'nowhere'.");
    assertThat(error(app.query("_system/cli/tables", "{}").outcome()))
        .contains("Could not find public function for '_system/cli/tables'.");
    assertThat(value(app.queryAs(app.admin, "messages:secret", "{}", null, null).outcome()))
        .isEqualTo("\"secret\"");
    assertThat(error(app.query("messages:send", "{}").outcome()))
        .contains("Trying to execute messages.js:send as Query, but it is defined as Mutation.");
  }

  @Test
  void anyKindOfFunctionCanBeRunByItsPath() {
    FunctionService functions = app.application.functions();
    assertThat(value(functions.anyFunction(request(app.admin, "messages:secret", "{}"))))
        .isEqualTo("\"secret\"");
    value(functions.anyFunction(request(app.admin, "counters:increment", "{\"name\":\"any\"}")));
    assertThat(error(functions.anyFunction(request(app.admin, "messages:nothing", "{}"))))
        .contains("Could not find function for 'messages:nothing'. Did you forget to run `npx");
  }

  private static MutationRequest request(Identity identity, String path, String args) {
    return DeployedTestApp.request(identity, path, args, null);
  }

  @Test
  void aQueryCannotWriteByHand() {
    assertThat(error(app.query("messages:writesInQuery", "{}").outcome()))
        .contains("`db.insert` is only available in mutations");
  }

  @Test
  void pagesFollowEachOtherAndKeepTheirEnds() {
    for (int i = 0; i < 5; i++) {
      send("pages", "p" + i);
    }
    List<String> seen = new ArrayList<>();
    JsonNode first = page(null, null);
    first.get("page").forEach(m -> seen.add(m.get("_id").asString()));
    QueryResult live =
        app.queryAs(Identity.anonymous(), "messages:page", pageArgs(null), null, null);
    JsonNode page = first;
    while (!page.get("isDone").asBoolean()) {
      page = page(page.get("continueCursor").asString(), null);
      page.get("page").forEach(m -> seen.add(m.get("_id").asString()));
    }
    assertThat(seen).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(5);
    assertThat(live.journal()).isNotNull();
    assertThat(page(null, live.journal()).get("continueCursor"))
        .isEqualTo(first.get("continueCursor"));
  }

  @Test
  void aCursorOfAnotherQueryTellsReactToStartOver() {
    send("pages", "one");
    send("pages", "two");
    send("pages", "three");
    String cursor = page(null, null).get("continueCursor").asString();
    CallOutcome.Failure failure =
        (CallOutcome.Failure) app.query("messages:pageBackwards", pageArgs(cursor)).outcome();
    assertThat(failure.message()).contains("InvalidCursor: Tried to run a query");
    assertThat(new String(requireNonNull(failure.data()), UTF_8))
        .isEqualTo("{\"isConvexSystemError\":true,\"paginationError\":\"InvalidCursor\"}");
    assertThat(error(app.query("messages:page", pageArgs("not a cursor")).outcome()))
        .contains("Failed to parse cursor");
  }

  @Test
  void oneFunctionReadsOnePage() {
    assertThat(error(app.query("messages:twoPages", "{}").outcome()))
        .contains("This query or mutation function ran multiple paginated queries.");
  }

  @Test
  void argumentsOfTheDatabaseAreBlamedByName() {
    String id = send("blame", "x");
    assertThat(error(app.query("messages:wrongTable", id(id)).outcome()))
        .contains(
            "Invalid argument `id` for `db.get`: expected to be an Id<\"counters\">, got"
                + " Id<\"messages\"> instead.");
    assertThat(error(app.query("messages:notAnId", "{}").outcome()))
        .contains("Invalid argument `id` for `db.get`: Unable to decode ID");
  }

  @Test
  void whatIsNotBuiltIsRefusedByName() {
    assertThat(error(app.mutation("messages:files", "{}").outcome()))
        .contains("File storage is not available yet");
    assertThat(error(app.mutation("messages:later", "{}").outcome()))
        .contains("The scheduler is not available yet");
  }

  @Test
  void aDocumentNearItsLimitIsWarnedOf() {
    CallOutcome outcome = app.mutation("messages:large", "{}").outcome();
    assertThat(value(outcome)).isEqualTo("null");
    assertThat(outcome.logLines()).hasSize(1);
    assertThat(outcome.logLines().getFirst())
        .startsWith("[WARN] Large document written with ID ")
        .endsWith(", limit: 1048576 bytes).");
  }

  @Test
  void aQueryOfTheStaleSnapshotDoesNotSeeWhatTheMutationWrote() {
    assertThat(app.mutated("nested:stale", room("stale")))
        .isEqualTo("{\"fresh\":[\"unseen\"],\"stale\":[]}");
  }

  private static String pageArgs(@Nullable String cursor) {
    return "{\"paginationOpts\":{\"numItems\":2,\"cursor\":"
        + (cursor == null ? "null" : "\"" + cursor + "\"")
        + "}}";
  }

  private static JsonNode page(@Nullable String cursor, @Nullable String journal) {
    return Json.parseStored(
        value(
            app.queryAs(Identity.anonymous(), "messages:page", pageArgs(cursor), journal, null)
                .outcome()));
  }

  @Test
  void nestedCallsSeeAndKeepWhatTheTransactionWrote() {
    CallOutcome outcome = app.mutation("nested:writes", room("nest")).outcome();
    assertThat(value(outcome))
        .isEqualTo("{\"caught\":\"nested refused\",\"seen\":[\"from nested\"]}");
    assertThat(outcome.logLines())
        .containsExactly(
            "[LOG] 'before'", "[LOG] 'nested write'", "[LOG] 'nested write'", "[LOG] 'after'");
    assertThat(app.queried("messages:list", room("nest"))).isEqualTo("[\"from nested\"]");
    assertThat(app.queried("nested:reads", room("nest"))).isEqualTo("[\"from nested\"]");
    assertThat(app.mutated("nested:badArgs", "{}")).contains("ArgumentValidationError: ");
  }

  @Test
  void nestedCallsAreBounded() {
    assertThat(app.queried("nested:deeper", "{\"depth\":8}")).isEqualTo("8.0");
    assertThat(error(app.query("nested:deeper", "{\"depth\":9}").outcome()))
        .contains("call depth limit exceeded");
    assertThat(app.mutated("nested:budget", "{}"))
        .contains("Too many writes in a single function execution (limit: 2)");
  }

  @Test
  void concurrentIncrementsAllCount() throws Exception {
    int tasks = 8;
    int each = 10;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Void>> running = new ArrayList<>();
      for (int t = 0; t < tasks; t++) {
        running.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < each; i++) {
                    incrementUntilCounted();
                  }
                },
                threads));
      }
      for (CompletableFuture<Void> task : running) {
        task.get();
      }
    }
    assertThat(app.queried("counters:read", "{\"name\":\"hot\"}")).isEqualTo(tasks * each + ".0");
  }

  /** As a client that sends again what lost too often. */
  private static void incrementUntilCounted() {
    while (true) {
      try {
        app.mutated("counters:increment", "{\"name\":\"hot\"}");
        return;
      } catch (dev.freshet.database.ConflictException e) {
        assertThat(e.text()).contains("changed while this mutation was being run");
      }
    }
  }

  @Test
  void aRepeatedSessionRequestIsNotExecutedTwice() {
    SessionRequestId request = new SessionRequestId(UUID.randomUUID(), 3);
    String args = "{\"name\":\"once\"}";
    MutationResult first = app.mutation("counters:increment", args, request);
    MutationResult again = app.mutation("counters:increment", args, request);
    assertThat(value(again.outcome())).isEqualTo(value(first.outcome())).isEqualTo("1.0");
    assertThat(again.timestamp()).isEqualTo(first.timestamp());
    assertThat(app.queried("counters:read", args)).isEqualTo("1.0");
  }

  @Test
  void aResultIsRunAgainOnlyWhenSomethingItReadChanges() {
    send("live", "one");
    AtomicInteger invalid = new AtomicInteger();
    QueryResult result = app.query("messages:list", room("live"));
    try (QuerySubscription subscription =
        app.application.functions().subscribe(result, invalid::incrementAndGet)) {
      send("elsewhere", "x");
      assertThat(subscription.validAt(app.application.functions().latestTimestamp())).isTrue();
      send("live", "two");
      long now = app.application.functions().latestTimestamp();
      assertThat(subscription.validAt(now)).isFalse();
      Awaitility.await().until(() -> invalid.get() == 1);
    }
    assertThat(app.queried("messages:list", room("live"))).isEqualTo("[\"one\",\"two\"]");
  }

  @Test
  void manyWatchersOfOneQueryCostOneSubscriptionAndOneRunPerChange() throws InterruptedException {
    send("crowd", "one");
    FunctionService functions = app.application.functions();
    int subscriptions = app.application.database().subscriptionCount();
    AtomicInteger told = new AtomicInteger();
    AtomicInteger found = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      Runnable onInvalid =
          () -> {
            // The new result is there before anybody is told.
            if (functions.known(
                    DeployedTestApp.queryRequest(
                        Identity.anonymous(), "messages:list", room("crowd"), null, null))
                != null) {
              found.incrementAndGet();
            }
            told.incrementAndGet();
          };
      functions.subscribe(app.query("messages:list", room("crowd")), onInvalid);
    }
    assertThat(app.application.database().subscriptionCount()).isEqualTo(subscriptions + 1);
    long runs = runsOf("messages:list");

    send("crowd", "two");

    Awaitility.await().until(() -> told.get() == 100);
    assertThat(found).hasValue(100);
    assertThat(app.queried("messages:list", room("crowd"))).isEqualTo("[\"one\",\"two\"]");
    assertThat(runsOf("messages:list")).isEqualTo(runs + 1);
    assertThat(app.application.database().subscriptionCount()).isEqualTo(subscriptions);
  }

  /** How often a function has run, as far as the log reaches back. */
  private static long runsOf(String function) throws InterruptedException {
    return app.application.functionLog().stream(0, null, LineFormat.TEXT, Duration.ZERO)
        .entries()
        .stream()
        .filter(entry -> entry.contains("\"" + function + "\""))
        .filter(entry -> entry.contains("\"cachedResult\":false"))
        .count();
  }

  @Test
  void aResultFromTheCacheIsLoggedAsThat() throws InterruptedException {
    send("logged", "one");
    var _ = app.queried("messages:list", room("logged"));
    assertThat(lastRunOf("messages:list")).contains("\"cachedResult\":false");
    var _ = app.queried("messages:list", room("logged"));
    assertThat(lastRunOf("messages:list")).contains("\"cachedResult\":true");
  }

  private static String lastRunOf(String function) throws InterruptedException {
    return app.application.functionLog().stream(0, null, LineFormat.TEXT, Duration.ZERO)
        .entries()
        .stream()
        .filter(entry -> entry.contains("\"" + function + "\""))
        .reduce((_, later) -> later)
        .orElseThrow();
  }

  @Test
  void aFailedQueryIsWatchedToo() {
    QueryResult failed = app.query("messages:nothing", "{}");
    try (QuerySubscription subscription = app.application.functions().subscribe(failed, () -> {})) {
      assertThat(subscription.validAt(app.application.functions().latestTimestamp())).isTrue();
    }
  }

  @Test
  void environmentVariablesAreReadDependencies() {
    assertThat(app.queried("messages:setting", "{}")).isEqualTo("\"unset\"");
    app.application.environment().update(List.of(new EnvironmentChange("GREETING", "hello")));
    assertThat(app.queried("messages:setting", "{}")).isEqualTo("\"hello\"");
  }

  @Test
  void functionsSeeWhomAnAdministratorActsAs() {
    Identity acting =
        app.application
            .authenticator()
            .authenticateAdmin(
                app.application.keys().issueAdminKey(),
                Json.object().put("tokenIdentifier", "t|1").put("name", "Ada"));
    assertThat(value(app.queryAs(acting, "messages:whoami", "{}", null, null).outcome()))
        .isEqualTo("\"Ada\"");
    assertThat(app.queried("messages:whoami", "{}")).isEqualTo("null");
  }

  @Test
  void tellsWhatATransactionUses() {
    send("metrics", "x");
    JsonNode metrics = Json.parseStored(app.queried("messages:metrics", "{}"));
    assertThat(metrics.get("documentsRead").get("used").asInt()).isPositive();
    assertThat(
            metrics.get("documentsRead").get("used").asInt()
                + metrics.get("documentsRead").get("remaining").asInt())
        .isEqualTo(32_000);
  }

  @Test
  void callsAreLoggedWithTheirLinesAndErrors() throws Exception {
    app.mutation("messages:refuse", "{}");
    FunctionLog.Page page =
        app.application.functionLog().stream(
            0, null, LineFormat.STRUCTURED, Duration.ofSeconds(10));
    JsonNode entry =
        page.entries().stream()
            .map(Json::parseStored)
            .filter(e -> e.get("identifier").asString().equals("messages:refuse"))
            .findFirst()
            .orElseThrow();
    assertThat(entry.get("udfType").asString()).isEqualTo("Mutation");
    assertThat(entry.get("error").asString()).startsWith("Uncaught ConvexError: ");
    assertThat(entry.get("logLines").get(0).get("level").asString()).isEqualTo("LOG");
  }

  @Test
  void anUnknownComponentIsNamed() {
    QueryResult result =
        app.application
            .functions()
            .query(
                new QueryRequest(
                    FunctionPath.parse("messages:list"),
                    "{}".getBytes(UTF_8),
                    app.admin,
                    "waitlist",
                    null,
                    null,
                    RequestContext.of("r1", Caller.HTTP_API)));
    assertThat(error(result.outcome())).contains("Component path 'waitlist' not found");
  }
}
