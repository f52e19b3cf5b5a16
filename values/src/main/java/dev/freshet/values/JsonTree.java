package dev.freshet.values;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Plain JSON as Java objects, for definitions that are read once per push: {@code Map<String,
 * Object>}, {@code List<Object>}, {@code String}, {@code Double}, {@code Boolean}, {@link #NULL}.
 */
final class JsonTree {
  /** JSON's null. */
  static final Object NULL =
      new Object() {
        @Override
        public String toString() {
          return "null";
        }
      };

  private JsonTree() {}

  static Object parse(String json) {
    try (JsonParser parser = ValueJson.parser(json)) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw FreshetException.badRequest("InvalidJson", "Invalid JSON: the text is empty");
      }
      Object tree = read(parser, token);
      if (parser.nextToken() != null) {
        throw FreshetException.badRequest(
            "InvalidJson", "Invalid JSON: text after the value's end");
      }
      return tree;
    } catch (JacksonException e) {
      throw ValueJson.invalidJson(e);
    }
  }

  private static Object read(JsonParser parser, JsonToken token) {
    return switch (token) {
      case START_OBJECT -> {
        Map<String, Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          fields.put(name, read(parser, parser.nextToken()));
        }
        yield fields;
      }
      case START_ARRAY -> {
        List<Object> elements = new ArrayList<>();
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          elements.add(read(parser, next));
        }
        yield elements;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> NULL;
    };
  }

  /** The tree as an object's fields; null if it is something else. */
  @SuppressWarnings("unchecked") // trees come from parse only
  static @Nullable Map<String, Object> object(@Nullable Object tree) {
    return tree instanceof Map ? (Map<String, Object>) tree : null;
  }

  @SuppressWarnings("unchecked") // trees come from parse only
  static @Nullable List<Object> array(@Nullable Object tree) {
    return tree instanceof List ? (List<Object>) tree : null;
  }
}
