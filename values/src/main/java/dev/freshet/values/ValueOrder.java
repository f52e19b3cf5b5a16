package dev.freshet.values;

import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BooleanValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.CommitTsValue;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** The total order of values (spec 40 §1.2). */
final class ValueOrder {
  private ValueOrder() {}

  static int compare(Value left, Value right) {
    int order = Integer.compare(rank(left), rank(right));
    if (order != 0) {
      return order;
    }
    return switch (left) {
      case NullValue _ -> 0;
      case Int64Value(long value) -> Long.compare(value, int64(right));
      case CommitTsValue _ -> Long.compare(CommitTsValue.PROJECTION.value(), int64(right));
      case Float64Value(double value) ->
          Long.compareUnsigned(orderedBits(value), orderedBits(((Float64Value) right).value()));
      case BooleanValue(boolean value) -> Boolean.compare(value, ((BooleanValue) right).value());
      case StringValue(String value) -> compareStrings(value, ((StringValue) right).value());
      case BytesValue(byte[] value) -> Arrays.compareUnsigned(value, ((BytesValue) right).value());
      case ArrayValue(List<Value> elements) ->
          compareArrays(elements, ((ArrayValue) right).elements());
      case ObjectValue object -> compareObjects(object, (ObjectValue) right);
    };
  }

  /** The bits of a double, arranged so that unsigned order is IEEE total order. */
  static long orderedBits(double value) {
    long bits = Double.doubleToRawLongBits(value);
    return bits < 0 ? ~bits : bits ^ Long.MIN_VALUE;
  }

  /** Order of the UTF-8 bytes, which is the order of code points. */
  static int compareStrings(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int i = 0; i < length; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean surrogateA = Character.isSurrogate(a);
        boolean surrogateB = Character.isSurrogate(b);
        return surrogateA == surrogateB ? Character.compare(a, b) : surrogateA ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  private static long int64(Value value) {
    return value instanceof Int64Value(long number) ? number : CommitTsValue.PROJECTION.value();
  }

  private static int rank(Value value) {
    return switch (value) {
      case NullValue _ -> 0;
      case Int64Value _ -> 1;
      case CommitTsValue _ -> 1;
      case Float64Value _ -> 2;
      case BooleanValue _ -> 3;
      case StringValue _ -> 4;
      case BytesValue _ -> 5;
      case ArrayValue _ -> 6;
      case ObjectValue _ -> 7;
    };
  }

  private static int compareArrays(List<Value> left, List<Value> right) {
    int length = Math.min(left.size(), right.size());
    for (int i = 0; i < length; i++) {
      int order = compare(left.get(i), right.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  private static int compareObjects(ObjectValue left, ObjectValue right) {
    Iterator<Map.Entry<String, Value>> a = left.fields().entrySet().iterator();
    Iterator<Map.Entry<String, Value>> b = right.fields().entrySet().iterator();
    while (a.hasNext() && b.hasNext()) {
      Map.Entry<String, Value> fieldA = a.next();
      Map.Entry<String, Value> fieldB = b.next();
      int order = compareStrings(fieldA.getKey(), fieldB.getKey());
      if (order == 0) {
        order = compare(fieldA.getValue(), fieldB.getValue());
      }
      if (order != 0) {
        return order;
      }
    }
    return Boolean.compare(a.hasNext(), b.hasNext());
  }
}
