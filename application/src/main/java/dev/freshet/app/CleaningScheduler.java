package dev.freshet.app;

import dev.freshet.database.ConflictException;
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
  static final Duration LONGEST_WAIT = Duration.ofMinutes(30);
  static final Duration WAIT_BETWEEN_STEPS = Duration.ofMillis(250);

  /** Something to clean. */
  interface Chore {
    /** Does a little of it; returns whether there may be more. */
    boolean step();
  }

  /** How time passes. */
  interface Pause {
    void take(Duration time) throws InterruptedException;
  }

  private final List<Chore> chores;
  private final RandomGenerator random;
  private final Pause pause;
  private final Thread thread;

  CleaningScheduler(List<Chore> chores, RandomGenerator random) {
    this(chores, random, Thread::sleep);
  }

  CleaningScheduler(List<Chore> chores, RandomGenerator random, Pause pause) {
    this.chores = List.copyOf(chores);
    this.random = random;
    this.pause = pause;
    this.thread = Thread.ofVirtual().name("cleaning").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        pause.take(Duration.ofMillis((long) (LONGEST_WAIT.toMillis() * random.nextDouble())));
        for (Chore chore : chores) {
          while (!Thread.currentThread().isInterrupted() && step(chore)) {
            pause.take(WAIT_BETWEEN_STEPS);
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
    } catch (RuntimeException e) {
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
