package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.CleaningScheduler.Chore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The loop around the chores, in time that passes when the test says so. */
class CleaningSchedulerTest {
  private static final class Pauses implements CleaningScheduler.Pause {
    private final SynchronousQueue<Duration> asked = new SynchronousQueue<>();
    private final SynchronousQueue<Boolean> over = new SynchronousQueue<>();

    @Override
    public void take(Duration time) throws InterruptedException {
      asked.put(time);
      over.take();
    }

    /** The pause the loop takes now; it has done everything that comes before it. */
    Duration begun() throws InterruptedException {
      return asked.take();
    }

    void end() throws InterruptedException {
      over.put(true);
    }
  }

  private final Pauses pauses = new Pauses();
  private final List<String> done = new ArrayList<>(); // handed over by the pauses
  private final List<CleaningScheduler> started = new ArrayList<>();

  private void start(Chore... chores) {
    CleaningScheduler scheduler = new CleaningScheduler(List.of(chores), new Random(7), pauses);
    started.add(scheduler);
    scheduler.start();
  }

  @AfterEach
  void close() {
    started.forEach(CleaningScheduler::close);
  }

  private Chore chore(String name) {
    return () -> {
      done.add(name);
      return false;
    };
  }

  private void nextRound() throws InterruptedException {
    done.clear();
    pauses.end();
  }

  @Test
  void choresHaveTheirTurnsAtIntervalsOfUpToHalfAnHour() throws InterruptedException {
    start(chore("one"), chore("two"));
    Random expected = new Random(7);
    for (int round = 0; round < 20; round++) {
      Duration interval = pauses.begun();
      assertThat(interval)
          .isBetween(Duration.ZERO, CleaningScheduler.LONGEST_WAIT)
          .isEqualTo(
              Duration.ofMillis(
                  (long) (CleaningScheduler.LONGEST_WAIT.toMillis() * expected.nextDouble())));
      assertThat(done).isEqualTo(round == 0 ? List.of() : List.of("one", "two"));
      nextRound();
    }
    pauses.begun();
  }

  @Test
  void aChoreWithMuchToDoPausesAfterEachStep() throws InterruptedException {
    int[] left = {3};
    start(
        () -> {
          done.add("step");
          return --left[0] > 0;
        },
        chore("other"));
    pauses.begun();
    pauses.end();
    assertThat(pauses.begun()).isEqualTo(CleaningScheduler.WAIT_BETWEEN_STEPS);
    assertThat(done).containsExactly("step");
    pauses.end();
    assertThat(pauses.begun()).isEqualTo(CleaningScheduler.WAIT_BETWEEN_STEPS);
    pauses.end();
    pauses.begun();
    assertThat(done).containsExactly("step", "step", "step", "other");
  }

  @Test
  void aChoreThatFailsHindersNobodyAndTriesAgain() throws InterruptedException {
    start(
        chore("before"),
        () -> {
          done.add("broken");
          throw new IllegalStateException("this is a test");
        },
        chore("after"));
    for (int round = 0; round < 3; round++) {
      pauses.begun();
      nextRound();
    }
    pauses.begun();
    assertThat(done).containsExactly("before", "broken", "after");
  }

  @Test
  void closingEndsTheWaitForTheNextTurn() throws InterruptedException {
    start(chore("never"));
    pauses.begun();
    close(); // returns when the loop has ended
    assertThat(done).isEmpty();
  }

  @Test
  void closingEndsAChoreBetweenTwoSteps() throws InterruptedException {
    start(
        () -> {
          done.add("step");
          return true;
        },
        chore("never"));
    pauses.begun();
    pauses.end();
    pauses.begun();
    close();
    assertThat(done).containsExactly("step");
  }

  @Test
  void closingLetsTheStepUnderWayEndAndBeginsNoOther() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    start(
        () -> {
          begun.countDown();
          while (!Thread.currentThread().isInterrupted()) {
            Thread.onSpinWait();
          }
          done.add("step");
          return false;
        },
        chore("never"));
    pauses.begun();
    pauses.end();
    begun.await();
    close();
    assertThat(done).containsExactly("step");
  }
}
