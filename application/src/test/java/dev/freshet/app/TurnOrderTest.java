package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Mutations over a few versioned keys, stepped through the order in every interleaving or in random
 * ones: beginning, asking to pass, and being committed are steps of their own.
 */
class TurnOrderTest {
  /** Reads some keys and writes some. */
  private record Touched(Set<Object> read, Set<Object> written) implements Footprint {
    @Override
    public boolean reads(Object key) {
      return read.contains(key);
    }

    @Override
    public boolean changes(Object key) {
      return written.contains(key);
    }

    @Override
    public boolean writesInto(Footprint other) {
      return written.stream().anyMatch(((Touched) other).read::contains);
    }
  }

  private static Touched rewrites(Object... keys) {
    return new Touched(Set.of(keys), Set.of(keys));
  }

  private static Touched reads(List<Object> keys, Object... written) {
    Set<Object> all = new HashSet<>(keys);
    all.addAll(List.of(written));
    return new Touched(all, Set.of(written));
  }

  private enum Step {
    EXPECT,
    BEGIN,
    PASS,
    COMMIT,
    WAIT,
    DONE
  }

  /** A mutation: what each of its runs touches; the last is repeated. */
  private static final class Mutation {
    final List<Touched> runs;
    final TurnOrder.Claim claim = new TurnOrder.Claim(() -> {});
    final List<Object> expected = new ArrayList<>();
    Step step = Step.BEGIN;
    int run = -1;
    int losses;
    int waits;
    long snapshot;

    Mutation(Touched... runs) {
      this.runs = List.of(runs);
    }

    /** Is thought to change these keys, rightly or not. */
    Mutation expecting(Object... keys) {
      expected.addAll(List.of(keys));
      step = Step.EXPECT;
      return this;
    }

    Touched touched() {
      return runs.get(Math.min(run, runs.size() - 1));
    }
  }

  /** The database: who wrote each key last, and when. */
  private static final class World {
    final TurnOrder order = new TurnOrder();
    final List<Mutation> mutations;
    final List<Touched> committed = new ArrayList<>();

    World(List<Mutation> mutations) {
      this.mutations = mutations;
    }

    List<Mutation> ready() {
      return mutations.stream()
          .filter(m -> m.step != Step.DONE && (m.step != Step.WAIT || m.claim.isActive()))
          .toList();
    }

    void step(Mutation m) {
      switch (m.step) {
        case EXPECT -> {
          order.expect(m.claim, m.expected);
          m.step = m.claim.isActive() ? Step.BEGIN : Step.WAIT;
        }
        case BEGIN -> {
          m.run++;
          m.snapshot = committed.size();
          m.step = Step.PASS;
        }
        case PASS -> {
          if (order.pass(m.claim, m.touched())) {
            m.step = Step.COMMIT;
          } else {
            m.waits++;
            m.step = Step.WAIT;
          }
        }
        case WAIT -> m.step = m.run >= 0 && conflict(m) == null ? Step.PASS : Step.BEGIN;
        case COMMIT -> {
          Object conflict = conflict(m);
          if (conflict == null) {
            committed.add(m.touched());
            order.release(m.claim);
            m.step = Step.DONE;
          } else {
            m.losses++;
            order.lost(m.claim, conflict, m.touched());
            m.step = m.claim.isActive() ? Step.BEGIN : Step.WAIT;
          }
        }
        case DONE -> throw new IllegalStateException("it has ended");
      }
    }

    @Nullable Object conflict(Mutation m) {
      for (Touched other : committed.subList((int) m.snapshot, committed.size())) {
        for (Object key : other.written()) {
          if (m.touched().reads(key)) {
            return key;
          }
        }
      }
      return null;
    }

    boolean allDone() {
      return mutations.stream().allMatch(m -> m.step == Step.DONE);
    }
  }

  private interface Scene {
    List<Mutation> mutations();
  }

  /** Steps through all interleavings, each from the start; returns the worst number of losses. */
  private static int explore(Scene scene) {
    int[] path = new int[256];
    int[] choices = new int[256];
    int worst = 0;
    long runs = 0;
    while (true) {
      World world = new World(scene.mutations());
      int depth = 0;
      for (List<Mutation> ready = world.ready(); !ready.isEmpty(); ready = world.ready()) {
        choices[depth] = ready.size();
        world.step(ready.get(path[depth++]));
      }
      String taken = Arrays.toString(Arrays.copyOf(path, depth));
      assertThat(world.allDone()).as("everybody ends, after %s", taken).isTrue();
      assertThat(world.order.claims() + world.order.passed()).isZero();
      worst = Math.max(worst, world.mutations.stream().mapToInt(m -> m.losses).max().orElse(0));
      runs++;
      int last = depth - 1;
      while (last >= 0 && path[last] == choices[last] - 1) {
        path[last--] = 0;
      }
      if (last < 0) {
        assertThat(runs).isGreaterThan(1000);
        return worst;
      }
      path[last]++;
    }
  }

  @Test
  void threeThatWantOneKeyLoseAtMostOnce() {
    assertThat(explore(() -> List.of(one("a"), one("a"), one("a")))).isEqualTo(1);
  }

  @Test
  void threeThatWantTwoKeysInAllWaysLoseAtMostTwice() {
    assertThat(explore(() -> List.of(one("a", "b"), one("b"), one("a")))).isLessThanOrEqualTo(2);
    assertThat(explore(() -> List.of(one("a", "b"), one("b", "c"), one("c", "a"))))
        .isLessThanOrEqualTo(2);
  }

  @Test
  void oneThatReadsEverythingLosesAtMostTwice() {
    assertThat(
            explore(
                () ->
                    List.of(
                        new Mutation(reads(List.of("a", "b", "c"), "sum")), one("a"), one("b"))))
        .isLessThanOrEqualTo(2);
  }

  @Test
  void runsThatTouchSomethingElseEachTimeEnd() {
    assertThat(
            explore(
                () ->
                    List.of(
                        new Mutation(rewrites("a"), rewrites("b"), rewrites("a", "c")),
                        new Mutation(rewrites("b"), rewrites("a")),
                        one("a", "b"))))
        .isLessThanOrEqualTo(3);
  }

  @Test
  void whoIsExpectedRightlyRunsOnce() {
    Scene scene =
        () ->
            List.of(
                one("a", "b").expecting("a", "b"),
                one("b").expecting("b"),
                one("a", "c").expecting("a"));
    assertThat(explore(scene)).isZero();
  }

  @Test
  void whoIsExpectedWronglyHarmsNobody() {
    assertThat(
            explore(() -> List.of(one("a").expecting("b"), one("b").expecting("a"), one("a", "b"))))
        .isLessThanOrEqualTo(2);
    assertThat(
            explore(
                () ->
                    List.of(
                        new Mutation(reads(List.of("a", "b"), "sum")).expecting("c"),
                        one("a").expecting("a", "b"),
                        one("b"))))
        .isLessThanOrEqualTo(2);
  }

  private static Mutation one(Object... keys) {
    return new Mutation(rewrites(keys));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void manyRandomOnesAllEnd(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Mutation> mutations = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Touched[] runs = new Touched[1 + random.nextInt(3)];
      for (int r = 0; r < runs.length; r++) {
        Object a = random.nextInt(8);
        Object b = 8 + random.nextInt(8);
        runs[r] = random.nextInt(10) == 0 ? reads(List.of(1, 2, 3, a), b) : rewrites(a, b);
      }
      Mutation mutation = new Mutation(runs);
      switch (random.nextInt(4)) {
        case 0 -> mutation.expecting(runs[0].written().toArray());
        case 1 -> mutation.expecting(random.nextInt(16));
        default -> {}
      }
      mutations.add(mutation);
    }
    World world = new World(mutations);
    while (!world.allDone()) {
      List<Mutation> ready = world.ready();
      assertThat(ready).as("somebody gets on, seed %s", seed).isNotEmpty();
      world.step(ready.get(random.nextInt(ready.size())));
    }
    assertThat(mutations).allSatisfy(m -> assertThat(m.losses).isLessThanOrEqualTo(4));
    assertThat(world.order.claims() + world.order.passed()).isZero();
  }

  @Test
  void whoSharesNothingNeverWaits() {
    List<Mutation> mutations = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      mutations.add(one("hot"));
      mutations.add(one("own " + i));
    }
    World world = new World(mutations);
    SplittableRandom random = new SplittableRandom(1);
    while (!world.allDone()) {
      List<Mutation> ready = world.ready();
      world.step(ready.get(random.nextInt(ready.size())));
    }
    for (int i = 0; i < mutations.size(); i++) {
      if (i % 2 == 1) {
        assertThat(mutations.get(i).waits + mutations.get(i).losses).isZero();
      }
    }
  }
}
