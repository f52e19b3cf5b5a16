package dev.freshet.testkit;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Random numbers that a test can repeat: the same seed gives the same numbers. The system property
 * {@code freshet.seed} replaces the seed of every test. Print it when a test fails; {@link
 * #toString} says it. Not thread-safe.
 */
public final class SeededRandom implements RandomGenerator {
  private final long seed;
  private final SplittableRandom random;

  public SeededRandom(long seed) {
    this.seed = Long.getLong("freshet.seed", seed);
    random = new SplittableRandom(this.seed);
  }

  public long seed() {
    return seed;
  }

  @Override
  public long nextLong() {
    return random.nextLong();
  }

  @Override
  public String toString() {
    return "seed " + seed + " (-Dfreshet.seed=" + seed + ")";
  }
}
