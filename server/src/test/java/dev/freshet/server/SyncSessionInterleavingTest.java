package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.server.ClientMessage.QueryModification;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.Limits;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Lets a session's steps happen in random orders, before the eyes of a strict client. */
class SyncSessionInterleavingTest {
  private static final int RUNS = 3_000;
  private static final int STEPS = 120;
  private static final List<String> KEYS = List.of("a", "b", "c", "d");

  @Test
  void everyInterleavingKeepsTheRulesOfTheProtocol() {
    for (long seed = 0; seed < RUNS; seed++) {
      try {
        run(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static void run(RandomGenerator random) {
    SyncWorld world = new SyncWorld();
    SyncBench bench = new SyncBench(world, true, Limits.defaults());
    bench.connect(null, 0L);
    for (int step = 0; step < STEPS; step++) {
      step(bench, random);
      if (random.nextInt(4) > 0) {
        bench.session.settle();
      }
      assertThat(bench.unacknowledgedTransitions()).isLessThanOrEqualTo(2);
      assertThat(bench.closedWith).isNull();
    }
    bench.pass(35_000);
    bench.finish();
    bench.pass(35_000);
    bench.finish();
    bench.client.checkSettled();
    assertThat(world.openWatches())
        .as("what is watched is what is shown")
        .isEqualTo(bench.client.values().size());
    bench.session.shutDown();
    assertThat(world.openWatches()).isZero();
  }

  private static void step(SyncBench bench, RandomGenerator random) {
    String key = KEYS.get(random.nextInt(KEYS.size()));
    switch (random.nextInt(20)) {
      case 0, 1 -> bench.add(key);
      case 2 -> {
        if (!bench.queryIds.isEmpty()) {
          bench.remove(bench.queryIds.get(random.nextInt(bench.queryIds.size())));
        }
      }
      case 3 -> replace(bench, random, key);
      case 4 -> bench.authenticate(random.nextBoolean() ? null : "user " + random.nextInt(2));
      case 5, 6, 7 -> bench.mutate(random.nextInt(5) == 0 ? "bad" : key);
      case 8 -> bench.act();
      case 9, 10 -> bench.world.commit(key);
      case 11 -> bench.pass(random.nextInt(1_500));
      case 12 -> bench.world.failNextQuery(ErrorClass.OVERLOADED);
      default -> work(bench, random);
    }
  }

  /** The same id is removed and added in one message: the last word counts. */
  private static void replace(SyncBench bench, RandomGenerator random, String key) {
    if (bench.queryIds.isEmpty()) {
      bench.modify(List.of());
      return;
    }
    long id = bench.queryIds.get(random.nextInt(bench.queryIds.size()));
    bench.modify(
        List.of(
            new QueryModification.Remove(id),
            new QueryModification.Add(id, SyncBench.call(key), null)));
  }

  private static void work(SyncBench bench, RandomGenerator random) {
    switch (random.nextInt(6)) {
      case 0 -> {
        if (bench.canCompute()) {
          bench.runQueries();
        }
      }
      case 1 -> {
        if (bench.canCommit()) {
          bench.commit();
        }
      }
      case 2 -> {
        if (bench.canAnswer()) {
          bench.answer();
        }
      }
      case 3 -> {
        if (bench.canFinishAction()) {
          bench.finishAction();
        }
      }
      case 4 -> {
        if (bench.canInvalidate()) {
          bench.deliverInvalidation();
        }
      }
      default -> {
        if (bench.canAcknowledge()) {
          bench.acknowledge();
        }
      }
    }
  }
}
