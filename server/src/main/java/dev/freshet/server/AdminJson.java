package dev.freshet.server;

import dev.freshet.values.FreshetException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Bodies of administrative requests, as trees; function calls never come this way. */
final class AdminJson {
  /** A module's source is one string; the body as a whole has its own limit. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .build();

  private AdminJson() {}

  /**
   * @throws FreshetException {@code BadJsonBody}
   */
  static JsonNode body(Exchange exchange) {
    return parse(exchange.jsonBody());
  }

  static JsonNode parse(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (JacksonException e) {
      throw FreshetException.badRequest(
          "BadJsonBody", "Failed to parse the request body as JSON: " + e.getOriginalMessage());
    }
  }

  static byte[] write(JsonNode json) {
    return MAPPER.writeValueAsBytes(json);
  }
}
