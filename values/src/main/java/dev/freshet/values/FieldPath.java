package dev.freshet.values;

import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to a field through nested objects, never through arrays (spec 40 §1.7).
 *
 * @param fields the names from the outermost to the innermost, at least one, each an identifier
 */
public record FieldPath(List<String> fields) implements Comparable<FieldPath> {
  public static final FieldPath ID = new FieldPath(List.of("_id"));
  public static final FieldPath CREATION_TIME = new FieldPath(List.of("_creationTime"));

  public FieldPath {
    fields = List.copyOf(fields);
    if (fields.isEmpty()) {
      throw FreshetException.badRequest("InvalidFieldPath", "Empty path");
    }
  }

  /**
   * Reads {@code a.b.c}; dots at the ends are ignored.
   *
   * @throws FreshetException {@code InvalidFieldPath} or {@code InvalidIdentifier}
   */
  public static FieldPath parse(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && text.charAt(start) == '.') {
      start++;
    }
    while (end > start && text.charAt(end - 1) == '.') {
      end--;
    }
    if (start == end) {
      throw FreshetException.badRequest("InvalidFieldPath", "Empty path " + text);
    }
    List<String> fields = new ArrayList<>(2);
    while (start <= end) {
      int dot = text.indexOf('.', start);
      int stop = dot < 0 || dot > end ? end : dot;
      fields.add(Identifiers.checkIdentifier(text.substring(start, stop)));
      start = stop + 1;
    }
    return new FieldPath(fields);
  }

  /** The value at the end of the path; null (undefined) where a step is missing or no object. */
  public @Nullable Value get(@Nullable Value value) {
    Value current = value;
    for (int i = 0; i < fields.size(); i++) {
      if (!(current instanceof ObjectValue object)) {
        return null;
      }
      current = object.get(fields.get(i));
    }
    return current;
  }

  /** The path as error messages show it, in double quotes. */
  public String print() {
    return "\"" + this + "\"";
  }

  @Override
  public int compareTo(FieldPath other) {
    for (int i = 0; i < fields.size() && i < other.fields.size(); i++) {
      int order = fields.get(i).compareTo(other.fields.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(fields.size(), other.fields.size());
  }

  @Override
  public String toString() {
    return String.join(".", fields);
  }
}
