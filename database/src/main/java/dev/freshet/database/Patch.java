package dev.freshet.database;

import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A shallow change of a document's top-level fields, as {@code ValueJson.parsePatch} reads it.
 *
 * @param fields the new values; null removes the field
 */
public record Patch(Map<String, @Nullable Value> fields) {
  /** A patch that removes nothing. */
  public static Patch of(ObjectValue set) {
    return new Patch(new LinkedHashMap<>(set.fields()));
  }

  ObjectValue applyTo(ObjectValue document) {
    TreeMap<String, Value> changed = new TreeMap<>(document.fields());
    fields.forEach(
        (name, value) -> {
          if (value == null) {
            changed.remove(name);
          } else {
            changed.put(name, value);
          }
        });
    return ObjectValue.of(changed);
  }
}
