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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Index keys (spec 40 §1.3): bytes whose unsigned order is the order of the values they encode,
 * undefined first. Encodings are self-delimiting, so a key of several values is their
 * concatenation, and a key's leading values are a prefix of it.
 */
public final class SortKey {
  private static final int UNDEFINED = 0x01;
  private static final int NULL = 0x03;
  private static final int ZERO = 0x08;
  private static final int FLOAT = 0x0d;
  private static final int FALSE = 0x0e;
  private static final int TRUE = 0x0f;
  private static final int STRING = 0x10;
  private static final int BYTES = 0x11;
  private static final int ARRAY = 0x12;
  private static final int OBJECT = 0x15;
  private static final int ESCAPE = 0xff;
  private static final int END = 0x00;

  private SortKey() {}

  /** The key of one value; null is undefined. */
  public static byte[] of(@Nullable Value value) {
    return builder().valueOrUndefined(value).toBytes();
  }

  /**
   * The smallest key that is greater than every key with the given prefix; null where there is none
   * (an empty prefix, or nothing but 0xff).
   */
  public static byte @Nullable [] increment(byte[] prefix) {
    int length = prefix.length;
    while (length > 0 && prefix[length - 1] == (byte) 0xff) {
      length--;
    }
    if (length == 0) {
      return null;
    }
    byte[] next = Arrays.copyOf(prefix, length);
    next[length - 1]++;
    return next;
  }

  /** The order of keys: that of unsigned bytes. */
  public static int compare(byte[] left, byte[] right) {
    return Arrays.compareUnsigned(left, right);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Appends values to a key. Not thread-safe; {@link #clear} makes it ready for reuse. */
  public static final class Builder {
    private byte[] bytes = new byte[96];
    private int length;

    private Builder() {}

    public Builder clear() {
      length = 0;
      return this;
    }

    public Builder undefined() {
      return put(UNDEFINED);
    }

    public Builder valueOrUndefined(@Nullable Value value) {
      return value == null ? undefined() : value(value);
    }

    public Builder value(Value value) {
      return switch (value) {
        case NullValue _ -> put(NULL);
        case Int64Value(long number) -> int64(number);
        case CommitTsValue _ -> int64(CommitTsValue.PROJECTION.value());
        case Float64Value(double number) -> put(FLOAT).big(ValueOrder.orderedBits(number), 8);
        case BooleanValue(boolean bool) -> put(bool ? TRUE : FALSE);
        case StringValue(String text) -> put(STRING).text(text).put(END);
        case BytesValue(byte[] content) -> put(BYTES).escaped(content).put(END);
        case ArrayValue(List<Value> elements) -> array(elements);
        case ObjectValue object -> object(object);
      };
    }

    /** The value whose canonical encoded JSON is written between two positions; 0 and 0: none. */
    public Builder stored(byte[] json, int start, int end) {
      if (end == 0) {
        return undefined();
      }
      return switch (json[start]) {
        case '"' -> storedString(json, start, end);
        case 't' -> put(TRUE);
        case 'f' -> put(FALSE);
        case 'n' -> put(NULL);
        case '[', '{' -> value(JsonScanner.decode(json, start, end));
        default -> put(FLOAT).big(ValueOrder.orderedBits(JsonScanner.number(json, start, end)), 8);
      };
    }

    /** Canonical text escapes nothing but quotes, backslashes and control characters. */
    private Builder storedString(byte[] json, int start, int end) {
      if (JsonScanner.hasEscape(json, start + 1, end - 1)) {
        return value(JsonScanner.decode(json, start, end));
      }
      return put(STRING).raw(json, start + 1, end - 1).put(END);
    }

    /** The bytes of the internal id, which end the keys of indexes. */
    public Builder internalId(InternalId id) {
      ensure(InternalId.LENGTH);
      id.writeTo(bytes, length);
      length += InternalId.LENGTH;
      return this;
    }

    private Builder raw(byte[] source, int start, int end) {
      ensure(end - start);
      System.arraycopy(source, start, bytes, length, end - start);
      length += end - start;
      return this;
    }

    /** The id as the string value that ends every index key. */
    public Builder documentId(DocumentId id) {
      ensure(DocumentIdCodec.MAX_TEXT + 2);
      bytes[length++] = STRING;
      length += DocumentIdCodec.encode(id, bytes, length);
      bytes[length++] = END;
      return this;
    }

    public byte[] toBytes() {
      return Arrays.copyOf(bytes, length);
    }

    private Builder int64(long number) {
      if (number == 0) {
        return put(ZERO);
      }
      int step =
          number == (byte) number
              ? 0
              : number == (short) number ? 1 : number == (int) number ? 2 : 3;
      return put(number < 0 ? ZERO - 1 - step : ZERO + 1 + step).big(number, 1 << step);
    }

    private Builder array(List<Value> elements) {
      put(ARRAY);
      for (Value element : elements) {
        value(element);
      }
      return put(END);
    }

    private Builder object(ObjectValue object) {
      put(OBJECT);
      for (Map.Entry<String, Value> field : object.fields().entrySet()) {
        String name = field.getKey();
        text(name).put(END);
        if (name.isEmpty()) {
          put(ESCAPE); // else it would read as the object's end
        }
        value(field.getValue());
      }
      return put(END);
    }

    private Builder text(String text) {
      int count = text.length();
      ensure(count);
      for (int i = 0; i < count; i++) {
        char c = text.charAt(i);
        if (c == 0 || c >= 0x80) {
          return textSlowly(text, i);
        }
        bytes[length++] = (byte) c;
      }
      return this;
    }

    private Builder textSlowly(String text, int start) {
      for (int i = start; i < text.length(); i++) {
        ensure(4);
        char c = text.charAt(i);
        if (c == 0) {
          bytes[length++] = 0;
          bytes[length++] = (byte) ESCAPE;
        } else if (!Character.isSurrogate(c)) {
          length = Utf8.put(c, bytes, length);
        } else {
          length = Utf8.put(Utf8.codePointAt(text, i), bytes, length);
          i++;
        }
      }
      return this;
    }

    private Builder escaped(byte[] content) {
      for (byte b : content) {
        put(b);
        if (b == 0) {
          put(ESCAPE);
        }
      }
      return this;
    }

    private Builder big(long number, int count) {
      ensure(count);
      for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
        bytes[length++] = (byte) (number >> shift);
      }
      return this;
    }

    private Builder put(int b) {
      ensure(1);
      bytes[length++] = (byte) b;
      return this;
    }

    private void ensure(int more) {
      if (length + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
      }
    }
  }
}
