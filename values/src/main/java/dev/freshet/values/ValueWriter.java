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
import java.util.Base64;
import java.util.List;

/** Writes values as JSON (spec 10 §11). */
final class ValueWriter {
  private static final long NEGATIVE_ZERO = Long.MIN_VALUE;

  private ValueWriter() {}

  static void write(Value value, JsonFormat format, JsonBuffer out) {
    switch (value) {
      case NullValue _ -> out.raw("null");
      case Int64Value(long number) -> int64(number, format, out);
      case CommitTsValue _ -> out.raw(CommitTimestamps.TOKEN);
      case Float64Value(double number) -> float64(number, format, out);
      case BooleanValue(boolean bool) -> out.bool(bool);
      case StringValue(String text) -> out.string(text);
      case BytesValue(byte[] bytes) -> bytes(bytes, format, out);
      case ArrayValue(List<Value> elements) -> array(elements, format, out);
      case ObjectValue object -> object(object, format, out);
    }
  }

  static void int64(long value, JsonFormat format, JsonBuffer out) {
    switch (format) {
      case ENCODED -> wrapped("{\"$integer\":\"", littleEndian(value), out);
      case CLEAN -> out.raw('"').integer(value).raw('"');
      case EXPORT -> out.integer(value);
    }
  }

  static void float64(double value, JsonFormat format, JsonBuffer out) {
    boolean finite = Double.isFinite(value);
    long bits = Double.doubleToRawLongBits(value);
    if (finite && (bits != NEGATIVE_ZERO || format != JsonFormat.ENCODED)) {
      out.number(value);
    } else if (format == JsonFormat.CLEAN) {
      out.string(Double.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    } else {
      wrapped("{\"$float\":\"", littleEndian(bits), out);
    }
  }

  static void bytes(byte[] value, JsonFormat format, JsonBuffer out) {
    if (format == JsonFormat.CLEAN) {
      out.raw('"').raw(Base64.getEncoder().encode(value)).raw('"');
    } else {
      wrapped("{\"$bytes\":\"", value, out);
    }
  }

  private static void wrapped(String opening, byte[] payload, JsonBuffer out) {
    out.raw(opening).raw(Base64.getEncoder().encode(payload)).raw("\"}");
  }

  private static void array(List<Value> elements, JsonFormat format, JsonBuffer out) {
    out.raw('[');
    boolean first = true;
    for (Value element : elements) {
      if (!first) {
        out.raw(',');
      }
      first = false;
      write(element, format, out);
    }
    out.raw(']');
  }

  private static void object(ObjectValue object, JsonFormat format, JsonBuffer out) {
    FieldMap fields = FieldMap.copyOf(object.fields());
    out.raw('{');
    for (int i = 0; i < fields.size(); i++) {
      if (i > 0) {
        out.raw(',');
      }
      out.name(fields.name(i));
      write(fields.value(i), format, out);
    }
    out.raw('}');
  }

  private static byte[] littleEndian(long value) {
    byte[] bytes = new byte[8];
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (value >>> (8 * i));
    }
    return bytes;
  }
}
