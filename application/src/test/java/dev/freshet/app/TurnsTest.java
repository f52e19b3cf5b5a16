package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real threads that take turns; {@link TurnOrderTest} goes through the order itself. */
class TurnsTest {
  private static final int THREADS = 12;
  private static final int MUTATIONS = 150;
  private static final int KEYS = 6;
  private static final int MOST_LOSSES = 4;

  private record Rewrites(Set<Object> keys) implements Footprint {
    @Override
    public boolean reads(Object contended) {
      return keys.contains(contended);
    }

    @Override
    public boolean changes(Object contended) {
      return keys.contains(contended);
    }

    @Override
    public boolean writesInto(Footprint other) {
      return ((Rewrites) other).keys.stream().anyMatch(keys::contains);
    }
  }

  private final Turns turns = new Turns(60_000);

  /** How often each key was written; changed under the lock of the map's owner only. */
  private final Map<Object, AtomicLong> versions = new ConcurrentHashMap<>();

  private final AtomicInteger worst = new AtomicInteger();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void allGetTheirTurnAndNoneLosesForEver(long seed) throws Exception {
    for (int key = 0; key < KEYS; key++) {
      versions.put(key, new AtomicLong());
    }
    SplittableRandom random = new SplittableRandom(seed);
    AtomicLong written = new AtomicLong();
    List<Future<?>> threads = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < THREADS; i++) {
        SplittableRandom own = random.split();
        threads.add(
            executor.submit(
                () -> {
                  for (int m = 0; m < MUTATIONS; m++) {
                    written.addAndGet(mutate(own));
                  }
                }));
      }
    }
    for (Future<?> thread : threads) {
      try {
        thread.get();
      } catch (ExecutionException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    long versionsNow = versions.values().stream().mapToLong(AtomicLong::get).sum();
    assertThat(versionsNow).as("seed %s", seed).isEqualTo(written.get());
    assertThat(worst).as("seed %s", seed).hasValueLessThanOrEqualTo(MOST_LOSSES);
    assertThat(turns.size()).isZero();
  }

  /** Rewrites one to three keys; returns how many. */
  private int mutate(SplittableRandom random) {
    Set<Object> keys = new TreeSet<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      keys.add(random.nextInt(KEYS));
    }
    Footprint footprint = new Rewrites(keys);
    int losses = 0;
    try (Turns.Turn turn = turns.of()) {
      if (random.nextInt(3) == 0) {
        turn.expect(random.nextBoolean() ? keys : List.of(random.nextInt(KEYS)));
      }
      while (true) {
        Map<Object, Long> seen = read(keys);
        if (!turn.pass(footprint)) {
          continue;
        }
        Object lost = commit(seen);
        if (lost == null) {
          return keys.size();
        }
        losses++;
        turn.awaitAfterLoss(lost, footprint);
      }
    } finally {
      worst.accumulateAndGet(losses, Math::max);
    }
  }

  private Map<Object, Long> read(Set<Object> keys) {
    Map<Object, Long> seen = new ConcurrentHashMap<>();
    keys.forEach(key -> seen.put(key, version(key).get()));
    return seen;
  }

  private AtomicLong version(Object key) {
    return java.util.Objects.requireNonNull(versions.get(key));
  }

  /** Returns a key that has changed since, or null. */
  private synchronized @Nullable Object commit(Map<Object, Long> seen) {
    for (Map.Entry<Object, Long> each : seen.entrySet()) {
      if (version(each.getKey()).get() != each.getValue()) {
        return each.getKey();
      }
    }
    seen.keySet().forEach(key -> version(key).incrementAndGet());
    return null;
  }
}
