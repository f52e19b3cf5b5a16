package dev.freshet.app;

import dev.freshet.database.ConflictException;
import dev.freshet.values.FreshetException;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the chores that nobody waits for (spec 40 §10.5), one after the other, every now and then:
 * at random intervals of up to half an hour. A chore that fails, or loses against somebody else's
 * commit, has its next turn with all others.
 */
final class CleaningScheduler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CleaningScheduler.class);
  private static final long LONGEST_WAIT_MILLIS = Duration.ofMinutes(30).toMillis();
  private static final long WAIT_BETWEEN_STEPS_MILLIS = 250;

  /** Something to clean. */
  interface Chore {
    /** Does a little of it; returns whether there may be more. */
    boolean step();
  }

  private final List<Chore> chores;
  private final RandomGenerator random;
  private final Thread thread;

  CleaningScheduler(List<Chore> chores, RandomGenerator random) {
    this.chores = List.copyOf(chores);
    this.random = random;
    this.thread = Thread.ofVirtual().name("cleaning").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep((long) (LONGEST_WAIT_MILLIS * random.nextDouble()));
        for (Chore chore : chores) {
          while (step(chore)) {
            Thread.sleep(WAIT_BETWEEN_STEPS_MILLIS);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private static boolean step(Chore chore) {
    try {
      return chore.step();
    } catch (ConflictException e) {
      return false; // there is no hurry
    } catch (FreshetException e) {
      log.warn("{} has failed and will be tried again later", chore.getClass().getSimpleName(), e);
      return false;
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
