package dev.freshet.app;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads and builds the documents of system tables. */
final class Fields {
  private Fields() {}

  static String text(ObjectValue document, String field) {
    if (document.fields().get(field) instanceof StringValue(String text)) {
      return text;
    }
    throw missing(field);
  }

  static @Nullable String optionalText(ObjectValue document, String field) {
    return document.fields().get(field) instanceof StringValue(String text) ? text : null;
  }

  static long int64(ObjectValue document, String field) {
    if (document.fields().get(field) instanceof Int64Value(long number)) {
      return number;
    }
    throw missing(field);
  }

  static byte[] bytes(ObjectValue document, String field) {
    if (document.fields().get(field) instanceof BytesValue(byte[] bytes)) {
      return bytes;
    }
    throw missing(field);
  }

  static ObjectValue object(ObjectValue document, String field) {
    if (document.fields().get(field) instanceof ObjectValue object) {
      return object;
    }
    throw missing(field);
  }

  static Builder build() {
    return new Builder();
  }

  private static FreshetException missing(String field) {
    return FreshetException.internal("A system document lacks the field " + field, null);
  }

  /** Builds an object field by field. */
  static final class Builder {
    private final TreeMap<String, Value> fields = new TreeMap<>();

    Builder put(String field, Value value) {
      fields.put(field, value);
      return this;
    }

    Builder put(String field, String value) {
      return put(field, Value.of(value));
    }

    /** Leaves the field out where there is nothing. */
    Builder putOptional(String field, @Nullable String value) {
      return value == null ? this : put(field, value);
    }

    /** Null where there is nothing. */
    Builder putNullable(String field, @Nullable String value) {
      return put(field, value == null ? NullValue.NULL : Value.of(value));
    }

    ObjectValue object() {
      return ObjectValue.of(fields);
    }
  }
}
