package dev.freshet.bench;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * How a load picks keys out of {@code 0 .. count - 1}. Thread-safe; each thread brings its own
 * random.
 */
interface Keys {
  int next(RandomGenerator random);

  String description();

  static Keys uniform(int count) {
    return new Keys() {
      @Override
      public int next(RandomGenerator random) {
        return random.nextInt(count);
      }

      @Override
      public String description() {
        return "uniform";
      }
    };
  }

  /** Zipf's law: the k-th most popular key is drawn in proportion to {@code k^-exponent}. */
  static Keys zipf(int count, double exponent) {
    double[] cumulative = new double[count];
    double sum = 0;
    for (int k = 0; k < count; k++) {
      sum += Math.pow(k + 1, -exponent);
      cumulative[k] = sum;
    }
    double total = sum;
    int[] keyOfRank = shuffled(count);
    return new Keys() {
      @Override
      public int next(RandomGenerator random) {
        int at = Arrays.binarySearch(cumulative, random.nextDouble() * total);
        return keyOfRank[Math.min(count - 1, at >= 0 ? at : -at - 1)];
      }

      @Override
      public String description() {
        return "Zipf " + exponent;
      }
    };
  }

  /** Popular keys are spread over the key space, as they are in life. */
  private static int[] shuffled(int count) {
    int[] keys = new int[count];
    Arrays.setAll(keys, i -> i);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = keys[i];
      keys[i] = keys[j];
      keys[j] = swapped;
    }
    return keys;
  }
}
