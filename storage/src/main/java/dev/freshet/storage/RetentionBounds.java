package dev.freshet.storage;

/**
 * How far back history reaches (spec 40 §10.1).
 *
 * @param minSnapshot the oldest snapshot that can be read
 * @param minRevision every revision that a commit after this timestamp replaced is in the log;
 *     never larger than {@code minSnapshot}
 */
public record RetentionBounds(long minSnapshot, long minRevision) {
  /** Everything is kept. */
  public static final RetentionBounds NONE = new RetentionBounds(0, 0);

  public RetentionBounds {
    if (minRevision > minSnapshot) {
      throw new IllegalArgumentException(minRevision + " > " + minSnapshot);
    }
  }

  /** The bounds that forget everything that only snapshots before a timestamp can see. */
  public static RetentionBounds at(long timestamp) {
    return new RetentionBounds(timestamp, timestamp);
  }

  /** What is left of history after both bounds were applied. */
  public RetentionBounds and(RetentionBounds other) {
    return new RetentionBounds(
        Math.max(minSnapshot, other.minSnapshot), Math.max(minRevision, other.minRevision));
  }
}
