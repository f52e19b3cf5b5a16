package dev.freshet.values;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A value of the data model (spec 40 §1). Immutable; compared by the total order of spec 40 §1.2,
 * with which {@code equals} agrees (so NaN equals itself and -0 differs from 0).
 */
public sealed interface Value extends Comparable<Value> {
  static Value of(boolean value) {
    return value ? BooleanValue.TRUE : BooleanValue.FALSE;
  }

  static Value of(long value) {
    return new Int64Value(value);
  }

  static Value of(double value) {
    return new Float64Value(value);
  }

  static Value of(String value) {
    return new StringValue(value);
  }

  @Override
  default int compareTo(Value other) {
    return ValueOrder.compare(this, other);
  }

  record NullValue() implements Value {
    public static final NullValue NULL = new NullValue();
  }

  record Int64Value(long value) implements Value {}

  /**
   * Stands for the timestamp of the commit that will write it (spec 40 §3.4). Only the values of a
   * running mutation have it; it orders like the largest int64, which is not equal to it.
   */
  record CommitTsValue() implements Value {
    public static final CommitTsValue PENDING = new CommitTsValue();

    /** As what it orders and is calculated with until the commit. */
    public static final Int64Value PROJECTION = new Int64Value(Long.MAX_VALUE);
  }

  record Float64Value(double value) implements Value {
    @Override
    public boolean equals(Object other) {
      return other instanceof Float64Value that
          && Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(that.value);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(Double.doubleToRawLongBits(value));
    }
  }

  record BooleanValue(boolean value) implements Value {
    public static final BooleanValue TRUE = new BooleanValue(true);
    public static final BooleanValue FALSE = new BooleanValue(false);
  }

  /** A string of Unicode scalar values: no lone surrogates. */
  record StringValue(String value) implements Value {}

  /** Bytes; callers neither keep nor change the array they pass in or get. */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode below go by content
  record BytesValue(byte[] value) implements Value {
    @Override
    public boolean equals(Object other) {
      return other instanceof BytesValue that && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(value);
    }
  }

  record ArrayValue(List<Value> elements) implements Value {
    public static final ArrayValue EMPTY = new ArrayValue(List.of());

    public static ArrayValue of(Value... elements) {
      return new ArrayValue(List.of(elements));
    }
  }

  /** Fields in the byte order of their names. */
  record ObjectValue(SortedMap<String, Value> fields) implements Value {
    public ObjectValue {
      fields = FieldMap.copyOf(fields);
    }

    public static final ObjectValue EMPTY = new ObjectValue(FieldMap.EMPTY);

    /** An object of a copy of the fields, in any order. */
    public static ObjectValue of(Map<String, ? extends Value> fields) {
      return new ObjectValue(FieldMap.copyOf(fields));
    }

    public @Nullable Value get(String name) {
      return fields.get(name);
    }

    /** This object with the field set to the value. */
    public ObjectValue with(String name, Value value) {
      TreeMap<String, Value> changed = new TreeMap<>(fields);
      changed.put(name, value);
      return of(changed);
    }

    /** This object without the field. */
    public ObjectValue without(String name) {
      if (!fields.containsKey(name)) {
        return this;
      }
      TreeMap<String, Value> changed = new TreeMap<>(fields);
      changed.remove(name);
      return of(changed);
    }
  }
}
