package dev.freshet.values;

import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BooleanValue;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads one value from a token stream. Names, nesting and counts are checked while reading; the
 * size (spec 40 §1.4) is summed up on the way and checked at the end, so that the error can tell
 * it. What is beyond a limit is read, but not kept: text that breaks a limit costs no more memory
 * than the limit. Used by one thread, for one value.
 */
final class ValueReader {
  private final int maxNesting;
  private final int maxFields;
  private final int maxElements;
  private final long maxSize;
  private final boolean exported;
  private final boolean pending;
  private long size;

  ValueReader(Limits limits, boolean exported) {
    this(limits, exported, false);
  }

  private ValueReader(Limits limits, boolean exported, boolean pending) {
    this(
        limits.getInt(Limit.MAX_VALUE_NESTING),
        limits.getInt(Limit.MAX_OBJECT_FIELDS),
        limits.getInt(Limit.MAX_ARRAY_LENGTH),
        limits.get(Limit.MAX_VALUE_SIZE),
        exported,
        pending);
  }

  private ValueReader(
      int maxNesting,
      int maxFields,
      int maxElements,
      long maxSize,
      boolean exported,
      boolean pending) {
    this.maxNesting = maxNesting;
    this.maxFields = maxFields;
    this.maxElements = maxElements;
    this.maxSize = maxSize;
    this.exported = exported;
    this.pending = pending;
  }

  /** For text that was held to the limits when it was written. */
  static ValueReader unlimited() {
    return new ValueReader(
        Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Long.MAX_VALUE, false, true);
  }

  /** For values on their way into a commit, whose timestamp they may speak of. */
  static ValueReader pending(Limits limits) {
    return new ValueReader(limits, false, true);
  }

  Value readChecked(JsonParser parser) {
    Value value = read(parser, 0);
    ValueChecks.size(size, maxSize);
    return value;
  }

  /** Reads a value without keeping any of it; returns its size. */
  static long measure(JsonParser parser, Limits limits) {
    ValueReader reader =
        new ValueReader(
            limits.getInt(Limit.MAX_VALUE_NESTING),
            limits.getInt(Limit.MAX_OBJECT_FIELDS),
            limits.getInt(Limit.MAX_ARRAY_LENGTH),
            -1,
            false,
            true);
    reader.read(parser, 0);
    return reader.size;
  }

  @Nullable Value readOrUndefined(JsonParser parser) {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      JsonToken first = parser.nextToken();
      if (first == JsonToken.PROPERTY_NAME && parser.currentName().equals("$undefined")) {
        parser.nextToken();
        parser.skipChildren();
        requireEndOfSpecial(parser, "$undefined");
        return null;
      }
      Value value = object(parser, first, 1);
      ValueChecks.size(size, maxSize);
      return value;
    }
    return readChecked(parser);
  }

  Map<String, @Nullable Value> readPatch(JsonParser parser) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw FreshetException.badRequest("InvalidValue", "Value must be an Object");
    }
    Map<String, @Nullable Value> patch = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      Identifiers.checkFieldName(name);
      parser.nextToken();
      patch.put(name, readOrUndefined(parser));
    }
    ValueChecks.fields(patch.size(), maxFields);
    return patch;
  }

  private Value read(JsonParser parser, int depth) {
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw FreshetException.badRequest("InvalidJson", "Invalid JSON: the text is empty");
    }
    return switch (token) {
      case START_OBJECT -> object(parser, parser.nextToken(), depth + 1);
      case START_ARRAY -> array(parser, depth + 1);
      case VALUE_STRING -> string(parser.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser, token);
      case VALUE_TRUE -> scalar(BooleanValue.TRUE, 1);
      case VALUE_FALSE -> scalar(BooleanValue.FALSE, 1);
      case VALUE_NULL -> scalar(NullValue.NULL, 1);
      default -> throw FreshetException.badRequest("InvalidJson", "Invalid JSON: no value here");
    };
  }

  private Value scalar(Value value, int itsSize) {
    size += itsSize;
    return value;
  }

  private Value string(String text) {
    int length = Utf8.length(text);
    if (length < 0) {
      throw Utf8.loneSurrogate();
    }
    size += length + 2;
    return Value.of(text);
  }

  private Value number(JsonParser parser, JsonToken token) {
    if (exported && token == JsonToken.VALUE_NUMBER_INT) {
      return scalar(Value.of(parser.getLongValue()), 9);
    }
    double number = parser.getDoubleValue();
    if (Double.isInfinite(number)) {
      throw FreshetException.badRequest("InvalidJson", "Invalid JSON: number out of range");
    }
    if (number == 0 && parser.getString().charAt(0) == '-') {
      number = -0.0;
    }
    return scalar(Value.of(number), 9);
  }

  private Value array(JsonParser parser, int depth) {
    ValueChecks.nesting(depth, maxNesting);
    size += 2;
    List<Value> elements = new ArrayList<>();
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Value element = read(parser, depth);
      if (count++ < maxElements && size <= maxSize) {
        elements.add(element);
      }
    }
    ValueChecks.elements(count, maxElements);
    return elements.isEmpty()
        ? ArrayValue.EMPTY
        : new ArrayValue(Collections.unmodifiableList(elements));
  }

  /** Reads an object whose first token after the brace is given. */
  private Value object(JsonParser parser, @Nullable JsonToken first, int depth) {
    JsonToken token = first;
    if (token == JsonToken.PROPERTY_NAME && parser.currentName().startsWith("$")) {
      return special(parser);
    }
    ValueChecks.nesting(depth, maxNesting);
    size += 2;
    String[] names = new String[8];
    Value[] values = new Value[8];
    int count = 0;
    while (token != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      Identifiers.checkFieldName(name);
      parser.nextToken();
      size += name.length() + 1;
      Value value = read(parser, depth);
      if (size <= maxSize) {
        if (count == names.length) {
          names = Arrays.copyOf(names, count * 2);
          values = Arrays.copyOf(values, count * 2);
        }
        names[count] = name;
        values[count++] = value;
      }
      token = parser.nextToken();
    }
    FieldMap fields = FieldMap.ofOwned(names, values, count);
    ValueChecks.fields(fields.size(), maxFields);
    return new ObjectValue(fields);
  }

  private Value special(JsonParser parser) {
    String name = parser.currentName();
    return switch (name) {
      case "$integer", "$float", "$bytes" -> payload(parser, name);
      case "$commitTs" -> commitTimestamp(parser);
      default -> throw Identifiers.reservedFieldName(name);
    };
  }

  private Value payload(JsonParser parser, String name) {
    if (parser.nextToken() != JsonToken.VALUE_STRING) {
      throw FreshetException.badRequest(
          "InvalidValue", "The value of `" + name + "` must be a base64 string");
    }
    byte[] payload = Base64Text.decode(parser.getString());
    requireEndOfSpecial(parser, name);
    size += payload.length + (name.equals("$bytes") ? 2 : 1);
    return SpecialValues.decode(name, payload);
  }

  private static void requireEndOfSpecial(JsonParser parser, String name) {
    if (parser.nextToken() != JsonToken.END_OBJECT) {
      throw Identifiers.reservedFieldName(name);
    }
  }

  private Value commitTimestamp(JsonParser parser) {
    if (!pending) {
      throw FreshetException.badRequest(
          "UnresolvedCommitTimestamp",
          "An unresolved commit timestamp (db.vars.commitTs) is allowed only in what a mutation"
              + " writes and in what mutations pass to each other.");
    }
    if (parser.nextToken() != JsonToken.VALUE_NULL) {
      throw FreshetException.badRequest("InvalidValue", "The value of `$commitTs` must be null");
    }
    requireEndOfSpecial(parser, "$commitTs");
    return scalar(Value.CommitTsValue.PENDING, 9);
  }
}
