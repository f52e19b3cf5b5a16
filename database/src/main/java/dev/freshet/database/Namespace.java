package dev.freshet.database;

/**
 * Where table names and numbers are unique (spec 40 §4.1): the root component, or one of its
 * children. Only the root exists so far.
 *
 * @param componentId the component's id; empty for the root
 */
public record Namespace(String componentId) {
  public static final Namespace ROOT = new Namespace("");

  public boolean isRoot() {
    return componentId.isEmpty();
  }
}
