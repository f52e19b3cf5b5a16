package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.server.LiveWatcher.Observation;
import dev.freshet.values.Clock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
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
 * Random queries are watched while random commits go on: ranges in both orders, filters, the first
 * few, and pages with journals, end cursors and halves, also over lost connections. Every state
 * shown is what a model in plain Java says of its timestamp, to the letter; and in the end all show
 * the newest.
 */
class LiveQueriesTest {
  private static final int CLIENTS = 4;

  @TempDir private Path directory;
  private final Marks marks = new Marks();
  private final Witness witness = new Witness();
  private final Queue<Observation<MarkQuery>> observations = new ConcurrentLinkedQueue<>();
  private final List<LiveWatcher<MarkQuery>> watchers =
      Collections.synchronizedList(new ArrayList<>());

  @Test
  void everyStateIsWhatTheModelSaysOfItsTime() throws Exception {
    run(60, new Random().nextLong());
  }

  @Test
  @Tag("long")
  void everyOneOfManyStatesIsToo() throws Exception {
    run(1_500, new Random().nextLong());
  }

  private void run(int changesPerClient, long seed) throws Exception {
    ServerConfig config = TestConfig.local(directory, ProofApp.PATIENT_LIMITS);
    try (FreshetServer server = FreshetServer.start(config, Clock.system())) {
      WireApi api = new WireApi("127.0.0.1:" + server.port());
      ProofApp.push(api, server.application().keys().issueAdminKey());
      runClients(api, changesPerClient, new Random(seed));
      awaitNewest();
      judge();
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private void runClients(WireApi api, int changes, Random random) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Void>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random own = new Random(random.nextLong());
        clients.add(
            () -> {
              changeAndWatch(api, own, changes);
              return null;
            });
      }
      for (Future<Void> client : threads.invokeAll(clients)) {
        client.get();
      }
    }
  }

  /** Writes on one connection that is subscribed itself, and watches on a second one. */
  private void changeAndWatch(WireApi api, Random random, int changes)
      throws IOException, InterruptedException {
    LiveWatcher<MarkQuery> writer = new LiveWatcher<>(api, witness, observations);
    LiveWatcher<MarkQuery> watcher = new LiveWatcher<>(api, witness, observations);
    watchers.addAll(List.of(writer, watcher));
    for (int i = 0; i < changes; i++) {
      LiveWatcher<MarkQuery> one = random.nextBoolean() ? writer : watcher;
      if (random.nextInt(15) == 0) {
        one.reconnect();
      } else if (random.nextInt(2) == 0) {
        for (MarkQuery query : queries(one, random)) {
          one.change(query, random);
        }
      }
      JsonNode response = writer.socket().mutateAndAwait(i, "marks:change", marks.change(random));
      assertThat(response.path("success").booleanValue()).as("%s", response).isTrue();
      marks.committed(
          WireTimestamp.decode(response.path("ts").stringValue()), response.path("result"));
    }
  }

  /** Something new, or what a client asks for next when it sees a page. */
  private static List<MarkQuery> queries(LiveWatcher<MarkQuery> watcher, Random random) {
    List<MarkQuery> queries = new ArrayList<>();
    if (random.nextBoolean()) {
      watcher
          .shown()
          .forEach(
              (query, value) -> {
                if (queries.isEmpty() && query instanceof MarkQuery.Paged page) {
                  MarkQuery.Paged next = page.next(1 + random.nextInt(5));
                  if (next != null && random.nextBoolean()) {
                    queries.add(next);
                  } else {
                    queries.addAll(page.halves(value));
                  }
                }
              });
    }
    if (queries.isEmpty()) {
      MarkQuery.Shape shape = MarkQuery.Shape.random(random);
      int count = 1 + random.nextInt(7);
      queries.add(
          random.nextBoolean()
              ? MarkQuery.Paged.first(shape, count)
              : new MarkQuery.Listed(shape, random.nextBoolean() ? (Integer) count : null));
    }
    return queries;
  }

  // ---- Judging ----

  /** Who watches sees the newest state in the end, whatever raced with what. */
  private void awaitNewest() {
    Collection<JsonNode> newest = marks.new Replay().at(Long.MAX_VALUE);
    for (LiveWatcher<MarkQuery> watcher : watchers) {
      await("the newest state")
          .atMost(Duration.ofSeconds(30))
          .until(() -> watcher.isSettled() && showsAll(watcher.shown(), newest));
      watcher.socket().cut();
    }
  }

  private static boolean showsAll(Map<MarkQuery, JsonNode> shown, Collection<JsonNode> newest) {
    return shown.entrySet().stream()
        .allMatch(
            entry ->
                entry
                    .getKey()
                    .told(entry.getValue())
                    .equals(entry.getKey().expected(newest, Long.MAX_VALUE)));
  }

  private void judge() {
    List<Observation<MarkQuery>> states = new ArrayList<>(observations);
    states.sort(Comparator.comparingLong(Observation::timestamp));
    Marks.Replay replay = marks.new Replay();
    for (Observation<MarkQuery> state : states) {
      Collection<JsonNode> documents = replay.at(state.timestamp());
      assertThat(state.query().told(state.value()))
          .as("%s %s at %d", state.query().path(), state.query().args(), state.timestamp())
          .isEqualTo(state.query().expected(documents, state.timestamp()));
    }
    System.out.printf("%d commits, %d states watched%n", marks.count(), states.size());
    assertThat(states).hasSizeGreaterThan(marks.count());
    assertThat(states).anyMatch(state -> state.query() instanceof MarkQuery.Paged);
  }
}
