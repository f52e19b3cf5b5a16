package dev.freshet.app;

import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** JSON trees, for the bodies of administrative requests only. */
final class Json {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /**
   * Parses a text that must be JSON.
   *
   * @param code the code of the error otherwise
   */
  static JsonNode parse(String text, String code) {
    try {
      return MAPPER.readTree(text);
    } catch (JacksonException e) {
      throw FreshetException.badRequest(code, "This is not JSON: " + e.getOriginalMessage());
    }
  }

  /** Parses a text that this program wrote. */
  static JsonNode parseStored(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JacksonException e) {
      throw FreshetException.internal("A stored JSON text does not parse", e);
    }
  }

  static String write(JsonNode node) {
    return MAPPER.writeValueAsString(node);
  }

  /** A string as JSON. */
  static String text(@Nullable String text) {
    return text == null ? "null" : ValueJson.write(Value.of(text), JsonFormat.ENCODED);
  }

  static byte[] writeBytes(JsonNode node) {
    return MAPPER.writeValueAsBytes(node);
  }

  /** A copy with all objects' fields in order of their names. */
  static JsonNode sorted(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        TreeMap<String, JsonNode> fields = new TreeMap<>();
        object.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
        ObjectNode copy = object();
        fields.forEach(copy::set);
        yield copy;
      }
      case ArrayNode array -> {
        ArrayNode copy = array();
        array.forEach(element -> copy.add(sorted(element)));
        yield copy;
      }
      default -> node;
    };
  }
}
