package dev.freshet.values;

import java.util.EnumMap;
import java.util.Map;

/** The limits in force: immutable, shared by all modules. */
public final class Limits {
  private static final Limits DEFAULTS = new Limits(Map.of());

  private final EnumMap<Limit, Long> overrides = new EnumMap<>(Limit.class);

  private Limits(Map<Limit, Long> overrides) {
    this.overrides.putAll(overrides);
  }

  public static Limits defaults() {
    return DEFAULTS;
  }

  /** The defaults with the given values instead. */
  public static Limits of(Map<Limit, Long> overrides) {
    return new Limits(overrides);
  }

  /**
   * Reads overrides from environment variables named like the constants of {@link Limit}.
   *
   * @throws FreshetException {@code InvalidConfig} if a value is not a positive whole number
   */
  public static Limits fromEnvironment(Map<String, String> environment) {
    EnumMap<Limit, Long> overrides = new EnumMap<>(Limit.class);
    for (Limit limit : Limit.values()) {
      String text = environment.get(limit.name());
      if (text == null || text.isBlank()) {
        continue;
      }
      try {
        long value = Long.parseLong(text.strip());
        if (value <= 0) {
          throw new NumberFormatException("not positive");
        }
        overrides.put(limit, value);
      } catch (NumberFormatException e) {
        throw FreshetException.badRequest(
            "InvalidConfig",
            limit.name() + " must be a positive whole number, not \"" + text + "\"");
      }
    }
    return new Limits(overrides);
  }

  public long get(Limit limit) {
    Long override = overrides.get(limit);
    return override != null ? override : limit.defaultValue();
  }

  /** The same for limits that are used as array sizes and counters. */
  public int getInt(Limit limit) {
    return Math.toIntExact(get(limit));
  }
}
