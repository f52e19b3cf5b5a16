package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.app.QueryCache.Served;
import dev.freshet.database.ReadSet;
import dev.freshet.functions.JsError;
import dev.freshet.values.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryCacheTest {
  private static final FunctionPath LIST = FunctionPath.parse("messages:list");

  /** The last commit that changed what the queries read. */
  private final AtomicLong changed = new AtomicLong();

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger runs = new AtomicInteger();
  private final Clock clock =
      new Clock() {
        @Override
        public long unixNanos() {
          return nanos.get();
        }

        @Override
        public long monotonicNanos() {
          return nanos.get();
        }
      };
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final QueryCache cache =
      new QueryCache(
          (readSet, from, to) -> changed.get() <= from || changed.get() > to, clock, 10_000);

  @AfterEach
  void close() {
    threads.close();
  }

  private static QueryCache.Key key(String args, @Nullable String identity) {
    return new QueryCache.Key(LIST, args.getBytes(UTF_8), false, null, identity);
  }

  private QueryRun run(long timestamp, boolean identityObserved, boolean timeObserved) {
    return run(timestamp, new Execution.Returned(new byte[100]), identityObserved, timeObserved);
  }

  private QueryRun run(
      long timestamp, Execution.Ending ending, boolean identityObserved, boolean timeObserved) {
    runs.incrementAndGet();
    return new QueryRun(
        new Execution(
            ending,
            List.of(),
            identityObserved,
            timeObserved,
            null,
            Duration.ZERO,
            FunctionCompletion.Usage.NONE),
        ReadSet.EMPTY,
        timestamp,
        null);
  }

  private Served serve(QueryCache.Key key, long timestamp) {
    return cache.serve(key, timestamp, () -> run(timestamp, false, false));
  }

  @Test
  void answersFromTheCacheAsLongAsNothingReadChanges() {
    assertThat(serve(key("[]", "a"), 10).cached()).isFalse();
    assertThat(serve(key("[]", "a"), 20).cached()).isTrue();
    changed.set(30);
    assertThat(serve(key("[]", "a"), 29).cached()).isTrue();
    assertThat(serve(key("[]", "a"), 30).cached()).isFalse();
    assertThat(serve(key("[]", "a"), 31).cached()).isTrue();
    assertThat(runs).hasValue(2);
  }

  @Test
  void doesNotAnswerForATimeBeforeTheRun() {
    serve(key("[]", "a"), 10);
    assertThat(serve(key("[]", "a"), 9).cached()).isFalse();
    assertThat(serve(key("[]", "a"), 10).cached()).isTrue();
  }

  @Test
  void sharesARunThatDidNotAskWhoIsCalling() {
    serve(key("[]", "a"), 10);
    assertThat(serve(key("[]", "b"), 10).cached()).isTrue();
    assertThat(serve(key("[1]", "b"), 10).cached()).isFalse();
  }

  @Test
  void keepsRunsOfDifferentUsersApart() {
    QueryCache.Key a = key("[]", "a");
    QueryCache.Key b = key("[]", "b");
    cache.serve(a, 10, () -> run(10, true, false));
    assertThat(cache.serve(b, 10, () -> run(10, true, false)).cached()).isFalse();
    assertThat(cache.serve(a, 10, () -> run(10, true, false)).cached()).isTrue();
  }

  @Test
  void doesNotKeepFailures() {
    Execution.Ending failure = Execution.Threw.of(JsError.of("no"));
    cache.serve(key("[]", "a"), 10, () -> run(10, failure, false, false));
    assertThat(serve(key("[]", "a"), 10).cached()).isFalse();
  }

  @Test
  void forgetsARunThatLookedAtTheClockAfterAWhile() {
    cache.serve(key("[]", "a"), 10, () -> run(10, false, true));
    nanos.set(QueryCache.MAX_AGE_OF_TIME_NANOS);
    assertThat(serve(key("[]", "a"), 10).cached()).isTrue();
    nanos.incrementAndGet();
    assertThat(serve(key("[]", "a"), 10).cached()).isFalse();
  }

  @Test
  void dropsTheLeastRecentlyUsedWhenItIsFull() {
    for (int i = 0; i < 100; i++) {
      serve(key("[" + i + "]", "a"), 10);
      serve(key("[0]", "a"), 10);
      assertThat(cache.weight()).isLessThanOrEqualTo(10_000);
    }
    assertThat(serve(key("[0]", "a"), 10).cached()).isTrue();
    assertThat(serve(key("[1]", "a"), 10).cached()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theMemoryCountedIsThatOfWhatIsKept(long seed) {
    Random random = new Random(seed);
    for (int step = 0; step < 3_000; step++) {
      long timestamp = 10L + step;
      if (random.nextInt(20) == 0) {
        changed.set(timestamp);
      }
      CursorCodec.Cursor end =
          random.nextBoolean() ? null : new CursorCodec.Cursor(null, new byte[] {1, 2});
      Execution execution =
          new Execution(
              new Execution.Returned(new byte[random.nextInt(2_000)]),
              List.of(CallLogLine.warning("code", "x".repeat(random.nextInt(50)), 0)),
              random.nextInt(3) == 0,
              random.nextInt(5) == 0,
              end,
              Duration.ZERO,
              FunctionCompletion.Usage.NONE);
      cache.serve(
          key("[" + random.nextInt(20) + "]", "user" + random.nextInt(3)),
          timestamp,
          () -> new QueryRun(execution, ReadSet.EMPTY, timestamp, "journal"));
      assertThat(cache.weight())
          .as("seed %d, step %d", seed, step)
          .isEqualTo(cache.recountedWeight())
          .isLessThanOrEqualTo(10_000);
    }
    assertThat(cache.weight()).isPositive();
  }

  @Test
  void manyRequestsForTheSameWaitForOneRun() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Served> first = CompletableFuture.supplyAsync(() -> slow(go, 10));
    Awaitility.await().until(() -> runs.get() == 1);
    List<CompletableFuture<Served>> others =
        List.of(
            CompletableFuture.supplyAsync(() -> slow(go, 10)),
            CompletableFuture.supplyAsync(() -> slow(go, 11)));
    go.countDown();
    assertThat(first.get().cached()).isFalse();
    for (CompletableFuture<Served> other : others) {
      assertThat(other.get().cached()).isTrue();
    }
    assertThat(runs).hasValue(1);
  }

  @Test
  void whoeverWaitedForARunThatNoLongerHoldsWaitsForOneMore() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Served> first = CompletableFuture.supplyAsync(() -> slow(go, 10), threads);
    Awaitility.await().until(() -> runs.get() == 1);
    changed.set(11);
    List<CompletableFuture<Served>> others = new ArrayList<>();
    CountDownLatch latecomers = new CountDownLatch(1);
    for (int i = 0; i < 8; i++) {
      others.add(CompletableFuture.supplyAsync(() -> slow(latecomers, 12), threads));
    }
    go.countDown();
    assertThat(first.get().cached()).isFalse();
    Awaitility.await().until(() -> runs.get() == 2);
    latecomers.countDown();
    int fresh = 0;
    for (CompletableFuture<Served> other : others) {
      fresh += other.get().cached() ? 0 : 1;
    }
    assertThat(fresh).isEqualTo(1);
    assertThat(runs).hasValue(2);
  }

  @Test
  void aRefusalThatDependsOnTheCallerIsNotShared() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Execution.Ending refusal = Execution.Threw.of(JsError.of("not for you"));
    // A run that didn't ask who is calling: the function's runs are taken for everybody's.
    serve(key("[0]", "a"), 10);
    CompletableFuture<Served> first =
        CompletableFuture.supplyAsync(
            () -> cache.serve(key("[]", "a"), 10, () -> held(go, run(10, refusal, true, false))),
            threads);
    Awaitility.await().until(() -> runs.get() == 2);
    CompletableFuture<Served> other =
        CompletableFuture.supplyAsync(
            () -> cache.serve(key("[]", "b"), 10, () -> run(10, true, false)), threads);
    go.countDown();
    assertThat(first.get().run().execution().succeeded()).isFalse();
    assertThat(other.get().run().execution().succeeded()).isTrue();
  }

  private static QueryRun held(CountDownLatch go, QueryRun run) {
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return run;
  }

  private Served slow(CountDownLatch go, long timestamp) {
    return cache.serve(key("[]", "a"), timestamp, () -> held(go, run(timestamp, false, false)));
  }

  @Test
  void aFailureOfTheSystemIsNotSharedAndNotKept() {
    assertThatThrownBy(
            () ->
                cache.serve(
                    key("[]", "a"),
                    10,
                    () -> {
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
    assertThat(serve(key("[]", "a"), 10).cached()).isFalse();
  }
}
