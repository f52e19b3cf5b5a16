package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.value;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.app.FunctionLog.LineFormat;
import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.Document;
import dev.freshet.database.Order;
import dev.freshet.database.Patch;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.RangeBound;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.Value;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Mutations that lose against others, and calls that have to start over. */
class ConflictsTest {
  private static final String ARGS = "{\"name\":\"contended\"}";

  @TempDir static Path directory;

  private static DeployedTestApp app;

  /** How many calls are still to be crossed by another one before they commit. */
  private static final AtomicInteger crossings = new AtomicInteger();

  private static final AtomicInteger restarts = new AtomicInteger();

  @BeforeAll
  static void deploy() {
    app =
        DeployedTestApp.deploy(
            directory, "calls", runner -> new RunnerAround(runner, ConflictsTest::run));
  }

  @AfterAll
  static void close() {
    app.close();
  }

  @BeforeEach
  void reset() {
    crossings.set(0);
    restarts.set(0);
  }

  private static FunctionOutcome run(FunctionRunner runner, FunctionCall call, FunctionHost host) {
    FunctionOutcome outcome = runner.run(call, host);
    int crossed = crossings.getAndSet(0);
    if (crossed > 0) {
      cross();
      crossings.set(crossed - 1);
    }
    if (restarts.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      assertThat(host.restart()).isTrue();
      return runner.run(call, host);
    }
    return outcome;
  }

  /** Somebody else counts, past all lines. */
  private static void cross() {
    Database database = app.application.database();
    Transaction transaction = database.begin(TransactionOptions.USER);
    Document counter =
        requireNonNull(
            transaction
                .query(
                    QuerySpec.indexRange(
                        "counters",
                        "by_name",
                        Order.ASC,
                        List.of(RangeBound.eq("name", Value.of("contended")))))
                .next());
    double value = ((Value.Float64Value) requireNonNull(counter.value().get("value"))).value();
    transaction.patch(
        counter.id(), Patch.of(Value.ObjectValue.of(Map.of("value", Value.of(value + 1)))));
    database.commit(transaction, WriteSource.function("", "counters:other"));
  }

  private static double counted() {
    return Double.parseDouble(app.queried("counters:read", ARGS));
  }

  private static List<JsonNode> logged(SessionRequestId request) throws InterruptedException {
    return app.application.functionLog().stream(0, request, LineFormat.TEXT, Duration.ofSeconds(10))
        .entries()
        .stream()
        .map(Json::parseStored)
        .toList();
  }

  @Test
  void aMutationThatLostRunsAgainAndCounts() throws Exception {
    app.mutated("counters:increment", ARGS); // so that there is one
    double before = counted();
    SessionRequestId request = new SessionRequestId(UUID.randomUUID(), 0);
    crossings.set(1);
    MutationResult result = app.mutation("counters:increment", ARGS, request);
    assertThat(value(result.outcome())).isEqualTo(before + 2 + "");
    assertThat(counted()).isEqualTo(before + 2);
    List<JsonNode> entries = logged(request);
    assertThat(entries).hasSize(2);
    assertThat(entries.getFirst().get("willRetry").asBoolean()).isTrue();
    assertThat(entries.getFirst().get("occInfo").get("tableName").asString()).isEqualTo("counters");
    assertThat(entries.getFirst().get("occInfo").get("writeSource").asString())
        .isEqualTo("counters:other");
    assertThat(entries.getLast().get("error").isNull()).isTrue();
    assertThat(entries.getLast().get("executionId"))
        .isNotEqualTo(entries.getFirst().get("executionId"));
  }

  @Test
  void aMutationThatLosesFiveTimesFails() throws Exception {
    app.mutated("counters:increment", ARGS); // so that there is one
    double before = counted();
    SessionRequestId request = new SessionRequestId(UUID.randomUUID(), 0);
    crossings.set(5);
    assertThatThrownBy(() -> app.mutation("counters:increment", ARGS, request))
        .isInstanceOfSatisfying(
            ConflictException.class,
            e -> {
              assertThat(e.errorClass()).isEqualTo(ErrorClass.OCC);
              assertThat(e.code()).isEqualTo("OptimisticConcurrencyControlFailure");
              assertThat(e.text())
                  .startsWith(
                      "Documents read from or written to the \"counters\" table changed while this"
                          + " mutation was being run");
            });
    assertThat(counted()).isEqualTo(before + 5);
    List<JsonNode> entries = logged(request);
    assertThat(entries).hasSize(5);
    assertThat(entries.getLast().get("willRetry").asBoolean()).isFalse();
    assertThat(entries.getLast().get("occInfo").get("retryCount").asInt()).isEqualTo(4);
  }

  @Test
  void aMutationDoesNotLoseOverWhatItReadInTheStaleSnapshot() throws Exception {
    app.mutated("counters:increment", ARGS); // so that there is one
    double before = counted();
    SessionRequestId request = new SessionRequestId(UUID.randomUUID(), 0);
    crossings.set(1);
    assertThat(value(app.mutation("nested:staleCounter", ARGS, request).outcome()))
        .isEqualTo(before + "");
    assertThat(counted()).isEqualTo(before + 1);
    assertThat(logged(request)).hasSize(1);
  }

  @Test
  void twoAttemptsOfOneRequestCommitOnce() {
    double before = counted();
    SessionRequestId request = new SessionRequestId(UUID.randomUUID(), 0);
    app.mutation("counters:increment", ARGS, request);
    app.mutation("counters:increment", ARGS, request);
    assertThat(counted()).isEqualTo(before + 1);
  }

  @Test
  void aCallThatStartsOverForgetsWhatItWrote() {
    double before = counted();
    restarts.set(1);
    assertThat(app.mutated("counters:increment", ARGS)).isEqualTo(before + 1 + "");
    assertThat(counted()).isEqualTo(before + 1);
  }

  @Test
  void aKeyThatCanOnlyLookCannotChangeAnything() {
    double before = counted();
    Identity reader =
        app.application.keys().checkAdminKey(app.application.keys().issueReadOnlyKey());
    MutationResult result =
        app.application
            .functions()
            .mutation(DeployedTestApp.request(reader, "counters:increment", ARGS, null));
    assertThat(DeployedTestApp.error(result.outcome())).contains("do not have permission");
    assertThat(counted()).isEqualTo(before);
  }
}
