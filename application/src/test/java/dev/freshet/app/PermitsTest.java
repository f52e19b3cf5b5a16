package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.app.Permits.Permit;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class PermitsTest {
  private final SimulatedClock clock = new SimulatedClock();
  private final Permits permits =
      Permits.ofCalls(
          "queries",
          Limit.APPLICATION_MAX_CONCURRENT_QUERIES,
          Limits.of(Map.of(Limit.APPLICATION_MAX_CONCURRENT_QUERIES, 2L)),
          clock);
  private final List<String> order = new CopyOnWriteArrayList<>();

  private CompletableFuture<Void> later(String name, boolean again) {
    return CompletableFuture.runAsync(
        () -> {
          try (Permit _ = again ? permits.acquireAgain() : permits.acquire(name, 0)) {
            order.add(name);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  @Test
  void refusesWhenAllPlacesStayTaken() {
    Permit first = permits.acquire("a", 0);
    Permit second = permits.acquire("b", 0);
    CompletableFuture<Void> third = later("c", false);
    await().until(() -> permits.waiting() == 1);
    clock.advance(Duration.ofSeconds(5));
    CompletableFuture<Void> fourth = later("d", false); // looks, and so sends the third away
    assertThatThrownBy(third::join)
        .cause()
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.errorClass().httpStatus()).isEqualTo(429);
              assertThat(e.code()).isEqualTo("TooManyConcurrentRequests");
              assertThat(e.text())
                  .startsWith(
                      "Too many concurrent requests. Your backend is limited to 2 concurrent"
                          + " queries.");
            });
    first.close();
    fourth.join();
    second.close();
    assertThat(permits.taken()).isZero();
    assertThat(permits.refused()).isOne();
  }

  @Test
  void whoHasBegunComesBeforeWhoHasNot() {
    Permit first = permits.acquire("a", 0);
    Permit second = permits.acquire("b", 0);
    CompletableFuture<Void> fresh = later("new", false);
    await().until(() -> permits.waiting() == 1);
    CompletableFuture<Void> again = later("again", true);
    await().until(() -> permits.begun() == 1);
    first.close();
    again.join();
    fresh.join();
    assertThat(order).containsExactly("again", "new");
    second.close();
  }

  @Test
  void whoIsInterruptedLeavesNoTrace() throws Exception {
    Permit first = permits.acquire("a", 0);
    Permit second = permits.acquire("b", 0);
    Thread waiting = Thread.ofVirtual().unstarted(() -> permits.acquire("c", 0));
    waiting.setUncaughtExceptionHandler((_, _) -> {});
    waiting.start();
    await().until(() -> permits.waiting() == 1);
    waiting.interrupt();
    waiting.join();
    assertThat(permits.waiting()).isZero();
    first.close();
    second.close();
    assertThat(permits.taken()).isZero();
  }
}
