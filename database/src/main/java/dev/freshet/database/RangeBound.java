package dev.freshet.database;

import dev.freshet.values.Value;
import org.jspecify.annotations.Nullable;

/**
 * One comparison of an index range (spec 40 §6.2).
 *
 * @param comparison how the field compares
 * @param fieldPath a field of the index, or {@code _id}
 * @param value what it is compared with; null is undefined
 */
public record RangeBound(Comparison comparison, String fieldPath, @Nullable Value value) {
  /** The comparisons an index range knows. */
  public enum Comparison {
    EQ,
    GT,
    GTE,
    LT,
    LTE
  }

  public static RangeBound eq(String fieldPath, @Nullable Value value) {
    return new RangeBound(Comparison.EQ, fieldPath, value);
  }
}
