package dev.freshet.functions;

/**
 * What a call saw that is not in its read set (spec 30 §6.1); nested calls are included.
 *
 * @param time whether the clock was read while executing
 * @param random whether randomness was drawn while executing
 */
public record Observed(boolean time, boolean random) {
  public static final Observed NOTHING = new Observed(false, false);

  public Observed or(Observed other) {
    return new Observed(time || other.time, random || other.random);
  }
}
