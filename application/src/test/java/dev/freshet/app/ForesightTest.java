package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ForesightTest {
  private final Foresight foresight = new Foresight();

  private record Changes(Set<Object> keys) implements Footprint {
    @Override
    public boolean reads(Object key) {
      return keys.contains(key);
    }

    @Override
    public boolean changes(Object key) {
      return keys.contains(key);
    }

    @Override
    public boolean writesInto(Footprint other) {
      return keys.stream().anyMatch(other::reads);
    }
  }

  private void ran(List<?> traits, Set<Object> changed, Object... collidedAbout) {
    foresight.learn(() -> traits, new Changes(changed), List.of(collidedAbout));
  }

  private Set<Object> guess(Object... traits) {
    return foresight.guess(() -> List.of(traits));
  }

  @Test
  void whereNobodyCollidesNothingIsRemembered() {
    foresight.learn(
        () -> {
          throw new AssertionError("nobody needs to know");
        },
        new Changes(Set.of("key")),
        List.of());
    assertThat(foresight.size()).isZero();
  }

  @Test
  void aTraitForetellsTheKeyThatItKeepsCollidingAbout() {
    ran(List.of("room=1"), Set.of("room 1"), "room 1");
    assertThat(guess("room=1")).as("once is too little").isEmpty();
    ran(List.of("room=1"), Set.of("room 1"), "room 1");
    ran(List.of("room=1"), Set.of("room 1"));
    assertThat(guess("room=1")).containsExactly("room 1");
    assertThat(guess("room=2")).isEmpty();
  }

  @Test
  void whatHotAndColdCallsShareForetellsNothing() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 2000; i++) {
      int from = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(1000);
      int to = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(1000);
      List<Object> traits = List.of("transfer", "from=" + from, "to=" + to, "amount=" + i % 10);
      Set<Object> changed = from == to ? Set.of(from) : Set.of(from, to);
      if (changed.contains(0)) {
        ran(traits, changed, 0);
      } else {
        ran(traits, changed);
      }
    }
    assertThat(guess("from=0")).containsExactly(0);
    assertThat(guess("to=0")).containsExactly(0);
    assertThat(guess("transfer")).as("8 of 9 touch it").isEmpty();
  }

  @Test
  void aTraitCanForetellSeveralKeys() {
    for (int i = 0; i < 3; i++) {
      ran(List.of("vote"), Set.of("sum", "count"), "sum");
      ran(List.of("vote"), Set.of("sum", "count"), "count");
    }
    assertThat(guess("vote")).containsExactlyInAnyOrder("sum", "count");
  }

  @Test
  void habitsChange() {
    for (int i = 0; i < 1000; i++) {
      ran(List.of("day=today"), Set.of("monday"), "monday");
    }
    for (int i = 0; i < 200; i++) {
      ran(List.of("day=today"), Set.of("tuesday"), "tuesday");
    }
    assertThat(guess("day=today")).containsExactly("tuesday");
  }

  @Test
  void keysThatTheRunDidNotChangeAreNotItsOwn() {
    for (int i = 0; i < 5; i++) {
      ran(List.of("reader"), Set.of("mine"), "theirs");
    }
    assertThat(guess("reader")).isEmpty();
  }

  @Test
  void whatIsRememberedIsBounded() {
    for (int i = 0; i < 20_000; i++) {
      ran(List.of("trait " + i), Set.of("key " + i), "key " + i);
    }
    assertThat(foresight.size()).isEqualTo(4096);
  }
}
