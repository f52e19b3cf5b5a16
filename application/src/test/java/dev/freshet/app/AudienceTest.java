package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.Invalidation;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Subscription;
import dev.freshet.database.WriteSource;
import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AudienceTest {
  private final List<FakeSubscription> subscriptions = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private final List<String> encores = new ArrayList<>();
  private final QueryRun run =
      new QueryRun(
          Execution.refused(FreshetException.badRequest("Planned", "planned")),
          ReadSet.EMPTY,
          10,
          "the journal");

  /** Of the database. */
  private static final class FakeSubscription implements Subscription {
    final Consumer<Invalidation> listener;
    boolean cancelled;

    FakeSubscription(Consumer<Invalidation> listener) {
      this.listener = listener;
    }

    void end() {
      listener.accept(new Invalidation(20, WriteSource.UNKNOWN));
    }

    @Override
    public boolean validAt(long timestamp) {
      return timestamp < 20;
    }

    @Override
    public long validThrough() {
      return 19;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private final Audience.Stage stage =
      new Audience.Stage() {
        @Override
        public Subscription subscribe(
            ReadSet reads, long validAt, Consumer<Invalidation> listener) {
          FakeSubscription subscription = new FakeSubscription(listener);
          subscriptions.add(subscription);
          return subscription;
        }

        @Override
        public void over(@Nullable QueryRequest encore, Runnable tell) {
          encores.add(encore == null ? "none" : encore.path() + " after " + encore.journal());
          tell.run();
        }
      };

  private QuerySubscription watch(String name) {
    QueryRequest request =
        new QueryRequest(
            FunctionPath.parse("notes:list"),
            "[]".getBytes(UTF_8),
            Identity.anonymous(),
            null,
            null,
            10L,
            RequestContext.of("id", Caller.SYNC_WORKER));
    return run.watch(stage, request, 10, () -> told.add(name));
  }

  @Test
  void allWatchersShareASubscriptionAndAreToldOnce() {
    QuerySubscription first = watch("a");
    watch("b");
    watch("c");
    assertThat(subscriptions).hasSize(1);
    assertThat(first.validAt(19)).isTrue();
    assertThat(first.validAt(20)).isFalse();

    subscriptions.getFirst().end();
    subscriptions.getFirst().end();

    assertThat(told).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(encores).containsExactly("notes.js:list after the journal");
  }

  @Test
  void aSingleWatcherIsToldWithoutARunAhead() {
    watch("a");
    watch("b").close();
    subscriptions.getFirst().end();
    assertThat(told).containsExactly("a");
    assertThat(encores).containsExactly("none");
  }

  @Test
  void whoHasLeftIsNotToldWhereverTheySat() {
    List<QuerySubscription> seats = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "d", "e")) {
      seats.add(watch(name));
    }
    for (int gone : new int[] {0, 2, 4, 4}) {
      seats.get(gone).close();
    }
    subscriptions.getFirst().end();
    assertThat(told).containsExactlyInAnyOrder("b", "d");
  }

  @Test
  void theLastOneToLeaveCancelsAndTheNextToComeBeginsAnew() {
    QuerySubscription a = watch("a");
    QuerySubscription b = watch("b");
    a.close();
    assertThat(subscriptions.getFirst().cancelled).isFalse();
    b.close();
    assertThat(subscriptions.getFirst().cancelled).isTrue();

    watch("c");
    assertThat(subscriptions).hasSize(2);
    subscriptions.getFirst().end(); // a late call that was under way
    assertThat(told).isEmpty();
    subscriptions.getLast().end();
    assertThat(told).containsExactly("c");
  }

  @Test
  void whoComesWhenTheRunIsOverAsksTheDatabase() {
    watch("a");
    subscriptions.getFirst().end();
    watch("b");
    assertThat(subscriptions).hasSize(2);
    assertThat(told).containsExactly("a");
  }
}
