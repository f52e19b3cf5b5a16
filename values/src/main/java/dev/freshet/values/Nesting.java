package dev.freshet.values;

import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import java.util.Collection;
import java.util.List;

/** How deeply values are nested: 0 for scalars, 1 for empty containers (spec 40 §1.5). */
public final class Nesting {
  private Nesting() {}

  public static int of(Value value) {
    return switch (value) {
      case ArrayValue(List<Value> elements) -> 1 + deepest(elements);
      case ObjectValue object -> 1 + deepest(object.fields().values());
      default -> 0;
    };
  }

  private static int deepest(Collection<Value> children) {
    int deepest = 0;
    for (Value child : children) {
      deepest = Math.max(deepest, of(child));
    }
    return deepest;
  }
}
