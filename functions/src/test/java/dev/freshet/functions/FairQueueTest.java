package dev.freshet.functions;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.FairQueue.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FairQueueTest {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1000 * MILLI;

  private final FairQueue<String> queue = new FairQueue<>();
  private long now = 17;

  private void add(String function, String item) {
    queue.add(function, false, item, now);
  }

  private String poll(int runners) {
    Entry<String> entry = queue.poll(now, runners);
    return entry == null ? "" : entry.item;
  }

  private void use(String function, long nanos) {
    add(function, "used");
    Entry<String> entry = requireNonNull(queue.poll(now, 2));
    now += nanos;
    queue.done(entry, now);
  }

  private void kill(String function) {
    add(function, "killed");
    Entry<String> entry = requireNonNull(queue.poll(now, 2));
    queue.killed(entry, now);
    queue.done(entry, now);
  }

  @Test
  void servesOneFunctionInOrderUrgentCallsFirst() {
    add("f", "1");
    add("f", "2");
    queue.add("f", true, "3", now);
    assertThat(List.of(poll(5), poll(5), poll(5), poll(5))).containsExactly("3", "1", "2", "");
  }

  @Test
  void prefersTheFunctionThatHasUsedTheLeastLately() {
    use("heavy", 900 * MILLI);
    use("light", MILLI);
    add("heavy", "h1");
    add("heavy", "h2");
    add("light", "l1");
    add("light", "l2");
    assertThat(List.of(poll(9), poll(9), poll(9))).containsExactly("l1", "l2", "h1");
  }

  @Test
  void forgetsUseInTime() {
    use("once heavy", 2 * SECOND);
    now += 60 * SECOND;
    use("light", 10 * MILLI);
    add("light", "l");
    add("once heavy", "h");
    assertThat(poll(9)).isEqualTo("h");
  }

  @Test
  void leavesTheLastRunnerToOthers() {
    add("loop", "1");
    add("loop", "2");
    assertThat(poll(2)).isEqualTo("1");
    now += 60 * MILLI;
    assertThat(poll(2)).isEmpty();
    add("other", "o");
    assertThat(poll(2)).isEqualTo("o");
    assertThat(poll(3)).isEqualTo("2");
  }

  @Test
  void wantsAnotherRunnerOnlyWhenAllAreBusyForLong() {
    add("a", "1");
    poll(1);
    add("b", "2");
    now += 40 * MILLI;
    assertThat(queue.wantsAnother(now)).isFalse();
    now += 40 * MILLI;
    assertThat(queue.wantsAnother(now)).isTrue();
    poll(2);
    add("c", "3");
    assertThat(queue.wantsAnother(now)).isFalse();
  }

  @Test
  void runnersAreHeldByCallsThatTakeMoreThanAMoment() {
    assertThat(queue.areHeld(now)).isTrue();
    add("a", "1");
    poll(2);
    now += 5 * MILLI;
    assertThat(queue.areHeld(now)).isFalse();
    now += 10 * MILLI;
    assertThat(queue.areHeld(now)).isTrue();
    add("a", "2");
    poll(3);
    assertThat(queue.areHeld(now)).isFalse();
  }

  @Test
  void givesFunctionsOnProbationOneRunnerTogether() {
    kill("f");
    kill("g");
    add("f", "f1");
    add("g", "g1");
    add("f", "f2");
    assertThat(poll(5)).isEqualTo("f1");
    assertThat(poll(5)).isEmpty();
    assertThat(queue.heldBack(now)).containsExactlyInAnyOrder("f2", "g1");
    now += 100 * MILLI;
    assertThat(queue.wantsAnother(now)).isFalse();
    now += 11 * SECOND;
    assertThat(queue.takeExpired(now)).containsExactlyInAnyOrder("f2", "g1");
    assertThat(queue.size()).isZero();
  }

  @Test
  void probationEnds() {
    kill("f");
    now += 31 * SECOND;
    add("f", "1");
    add("f", "2");
    assertThat(List.of(poll(5), poll(5))).containsExactly("1", "2");
    assertThat(queue.heldBack(now)).isEmpty();
  }

  /** Any mix of functions: nothing is lost, and who asks for little is served at once. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void sharesRunnersAmongFunctions(long seed) {
    Random random = new Random(seed);
    int runners = 1 + random.nextInt(4);
    int culprits = 1 + random.nextInt(6);
    Map<Entry<String>, Long> running = new HashMap<>();
    Map<String, Long> came = new HashMap<>();
    List<Long> innocentWaits = new ArrayList<>();
    int added = 0;
    int ended = 0;
    for (int millis = 0; millis < 60_000; millis++) {
      now += MILLI;
      for (Map.Entry<Entry<String>, Long> entry : List.copyOf(running.entrySet())) {
        if (entry.getValue() <= now) {
          running.remove(entry.getKey());
          if (!entry.getKey().item.startsWith("innocent")) {
            queue.killed(entry.getKey(), now);
          }
          queue.done(entry.getKey(), now);
          ended++;
        }
      }
      if (millis % 20 == 0) {
        String item = "innocent " + added++;
        came.put(item, now);
        queue.add("innocent" + random.nextInt(3), false, item, now);
      }
      if (random.nextInt(100) == 0) {
        queue.add("culprit" + random.nextInt(culprits), false, "culprit " + added++, now);
      }
      ended += queue.takeExpired(now).size();
      while (running.size() < runners) {
        Entry<String> entry = queue.poll(now, runners);
        if (entry == null) {
          break;
        }
        boolean innocent = entry.item.startsWith("innocent");
        running.put(entry, now + (innocent ? 1 + random.nextInt(5) : 1000) * MILLI);
        if (innocent) {
          innocentWaits.add(now - requireNonNull(came.get(entry.item)));
        }
      }
    }
    assertThat(ended + running.size() + queue.size()).isEqualTo(added);
    innocentWaits.sort(null);
    long last = innocentWaits.get(innocentWaits.size() * 9 / 10);
    assertThat(last).isLessThan(runners == 1 ? 1100 * MILLI : 50 * MILLI);
  }
}
