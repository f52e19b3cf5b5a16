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
import java.util.List;

/** The size of values in bytes, for limits and bandwidth (spec 40 §1.4). */
public final class Sizes {
  private Sizes() {}

  public static long of(Value value) {
    return switch (value) {
      case NullValue _ -> 1;
      case BooleanValue _ -> 1;
      case Int64Value _ -> 9;
      case CommitTsValue _ -> 9;
      case Float64Value _ -> 9;
      case StringValue(String text) -> 2 + utf8Length(text);
      case BytesValue(byte[] bytes) -> 2 + bytes.length;
      case ArrayValue(List<Value> elements) -> {
        long size = 2;
        for (Value element : elements) {
          size += of(element);
        }
        yield size;
      }
      case ObjectValue object -> {
        FieldMap fields = FieldMap.copyOf(object.fields());
        long size = 2;
        for (int i = 0; i < fields.size(); i++) {
          size += fields.name(i).length() + 1 + of(fields.value(i));
        }
        yield size;
      }
    };
  }

  /**
   * The size of the value that canonical encoded JSON spells, without building it.
   *
   * @param offset where the text starts (1 in the stored form of documents)
   * @param length bytes of the text
   */
  public static long ofJson(byte[] json, int offset, int length) {
    long size = 0;
    int end = offset + length;
    int at = offset;
    while (at < end) {
      switch (json[at]) {
        case '"' -> {
          int stop = JsonScanner.stringEnd(json, at);
          boolean name = stop < end && json[stop] == ':';
          size += JsonScanner.decodedLength(json, at + 1, stop - 1) + (name ? 1 : 2);
          at = stop;
        }
        case '{' -> {
          if (json[at + 1] == '"' && json[at + 2] == '$') {
            int stop = JsonScanner.containerEnd(json, at + 1);
            size += json[at + 3] == 'b' ? 2 + JsonScanner.payloadLength(json, stop - 2) : 9;
            at = stop;
          } else {
            size += 2;
            at++;
          }
        }
        case '[' -> {
          size += 2;
          at++;
        }
        case 't', 'f', 'n' -> {
          size++;
          at += json[at] == 'f' ? 5 : 4;
        }
        case ',', ':', '}', ']' -> at++;
        default -> {
          size += 9;
          at = JsonScanner.valueEnd(json, at);
        }
      }
    }
    return size;
  }

  private static int utf8Length(String text) {
    int length = Utf8.length(text);
    if (length < 0) {
      throw Utf8.loneSurrogate();
    }
    return length;
  }
}
