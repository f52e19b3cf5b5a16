package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.ActionPlacement.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ActionPlacementTest {
  private final ActionPlacement placement =
      new ActionPlacement(new ActionPlacement.Rules(4, 1000, 2));

  @Test
  void prefersTheLeastLoadedProcessOfTheGroup() {
    assertThat(
            placement.choose(
                "",
                List.of(
                    new Candidate("", 3, 0, 0),
                    new Candidate("f", 0, 0, 0),
                    new Candidate("", 1, 0, 0)),
                true))
        .isEqualTo(2);
  }

  @Test
  void startsAProcessRatherThanUsingAFullBusyOrLargeOne() {
    List<Candidate> unusable =
        List.of(
            new Candidate("", 4, 0, 0),
            new Candidate("", 0, 500, 0),
            new Candidate("", 0, 0, 2000),
            new Candidate("f", 0, 0, 0));
    assertThat(placement.choose("", unusable, true)).isEqualTo(ActionPlacement.NEW);
    assertThat(placement.choose("", unusable, false)).isEqualTo(0);
  }

  @Test
  void keepsItsRulesWhateverRuns() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 10_000; round++) {
      List<Candidate> processes = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        processes.add(
            new Candidate(
                random.nextBoolean() ? "" : "f",
                random.nextInt(10),
                random.nextInt(200),
                random.nextInt(2000)));
      }
      String group = random.nextBoolean() ? "" : "f";
      boolean mayStart = random.nextBoolean();
      int chosen = placement.choose(group, processes, mayStart);
      if (chosen < 0) {
        assertThat(chosen == ActionPlacement.NEW).as("seed %d", seed).isEqualTo(mayStart);
      } else {
        Candidate process = processes.get(chosen);
        assertThat(process.group()).as("seed %d", seed).isEqualTo(group);
        assertThat(process.residents()).as("seed %d", seed).isLessThan(mayStart ? 4 : 8);
        assertThat(process.turnMillis()).as("seed %d", seed).isLessThan(100);
        assertThat(process.usedBytes()).as("seed %d", seed).isLessThan(1000);
      }
    }
  }
}
