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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as they stand in error messages (spec 40 §1.1). */
public final class ValueText {
  private ValueText() {}

  public static String print(@Nullable Value value) {
    StringBuilder out = new StringBuilder();
    append(value, out);
    return out.toString();
  }

  /** The name of the value's type in error messages, e.g. {@code Int64}. */
  public static String typeName(@Nullable Value value) {
    return switch (value) {
      case null -> "undefined";
      case NullValue _ -> "Null";
      case Int64Value _ -> "Int64";
      case CommitTsValue _ -> "Int64";
      case Float64Value _ -> "Float64";
      case BooleanValue _ -> "Boolean";
      case StringValue _ -> "String";
      case BytesValue _ -> "Bytes";
      case ArrayValue _ -> "Array";
      case ObjectValue _ -> "Object";
    };
  }

  /** A float as error messages show it: {@code 1.0}, {@code NaN}, {@code inf}, {@code 1e16}. */
  public static String print(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    byte[] text = new byte[JsonNumbers.MAX_LENGTH];
    return new String(text, 0, JsonNumbers.append(value, text, 0), StandardCharsets.US_ASCII);
  }

  /** A string in double quotes, with escapes. */
  public static String quote(String text) {
    StringBuilder out = new StringBuilder();
    appendQuoted(text, out);
    return out.toString();
  }

  /** A character in single quotes, with escapes. */
  static String quote(char c) {
    StringBuilder out = new StringBuilder("'");
    appendEscaped(c, '\'', out);
    return out.append('\'').toString();
  }

  private static void append(@Nullable Value value, StringBuilder out) {
    switch (value) {
      case null -> out.append("undefined");
      case NullValue _ -> out.append("null");
      case Int64Value(long number) -> out.append(number);
      case CommitTsValue _ -> out.append("db.vars.commitTs");
      case Float64Value(double number) -> out.append(print(number));
      case BooleanValue(boolean bool) -> out.append(bool);
      case StringValue(String text) -> appendQuoted(text, out);
      case BytesValue(byte[] bytes) ->
          out.append("b\"").append(Base64Text.encode(bytes)).append('"');
      case ArrayValue(List<Value> elements) -> appendArray(elements, out);
      case ObjectValue object -> appendObject(object, out);
    }
  }

  private static void appendArray(List<Value> elements, StringBuilder out) {
    out.append('[');
    String separator = "";
    for (Value element : elements) {
      out.append(separator);
      append(element, out);
      separator = ", ";
    }
    out.append(']');
  }

  private static void appendObject(ObjectValue object, StringBuilder out) {
    out.append('{');
    String separator = "";
    for (Map.Entry<String, Value> field : object.fields().entrySet()) {
      out.append(separator).append(field.getKey()).append(": ");
      append(field.getValue(), out);
      separator = ", ";
    }
    out.append('}');
  }

  private static void appendQuoted(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      appendEscaped(text.charAt(i), '"', out);
    }
    out.append('"');
  }

  private static void appendEscaped(char c, char quote, StringBuilder out) {
    switch (c) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\0' -> out.append("\\0");
      case '\\' -> out.append("\\\\");
      default -> {
        if (c == quote) {
          out.append('\\').append(c);
        } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
          out.append("\\u{").append(Integer.toHexString(c)).append('}');
        } else {
          out.append(c);
        }
      }
    }
  }
}
