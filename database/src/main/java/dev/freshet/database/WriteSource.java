package dev.freshet.database;

import org.jspecify.annotations.Nullable;

/**
 * Who committed, for conflict messages and insights (spec 40 §7.6).
 *
 * @param component the component's path; empty for the root
 * @param name the function ({@code messages:send}) or a system writer's name; null: unknown
 */
public record WriteSource(String component, @Nullable String name) {
  public static final WriteSource UNKNOWN = new WriteSource("", null);

  public static WriteSource function(String component, String path) {
    return new WriteSource(component, path);
  }

  public static WriteSource system(String name) {
    return new WriteSource("", name);
  }

  /** {@code component/name}, or null if unknown. */
  public @Nullable String text() {
    return name == null || component.isEmpty() ? name : component + "/" + name;
  }
}
