package dev.freshet.app;

import dev.freshet.values.FreshetException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who a user is (spec 50 §9.3).
 *
 * @param tokenIdentifier {@code issuer|subject}: unique over all providers
 * @param json the whole UserIdentity as the text that {@code getUserIdentity()} answers, fields
 *     sorted, so that equal identities have equal texts
 */
public record UserAttributes(String tokenIdentifier, String json) {
  /**
   * Reads the identity that an administrator acts as.
   *
   * @throws FreshetException {@code InvalidIdentity} unless it is an object that has a {@code
   *     tokenIdentifier}, or an {@code issuer} and a {@code subject}
   */
  static UserAttributes fromActingAs(JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw invalid("The identity to act as must be an object.");
    }
    ObjectNode attributes = object.deepCopy();
    if (!attributes.path("tokenIdentifier").isString()) {
      if (!attributes.path("issuer").isString() || !attributes.path("subject").isString()) {
        throw invalid(
            "The identity to act as needs a tokenIdentifier, or an issuer and a subject.");
      }
      attributes.put(
          "tokenIdentifier",
          attributes.get("issuer").stringValue() + "|" + attributes.get("subject").stringValue());
    }
    return new UserAttributes(
        attributes.get("tokenIdentifier").stringValue(), Json.write(Json.sorted(attributes)));
  }

  private static FreshetException invalid(String message) {
    return FreshetException.badRequest("InvalidIdentity", message);
  }
}
