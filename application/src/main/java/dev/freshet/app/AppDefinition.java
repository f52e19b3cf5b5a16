package dev.freshet.app;

import dev.freshet.values.FreshetException;
import dev.freshet.values.TableNames;
import dev.freshet.values.ValidationFailure;
import dev.freshet.values.Validator;
import dev.freshet.values.Value;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code convex.config.ts} declares (spec 20 §7, 30 §4), as far as apps without components can
 * declare it.
 *
 * @param json the evaluated definition in the form of responses
 * @param environment the environment variables that it declares
 */
record AppDefinition(ObjectNode json, List<DeclaredVariable> environment) {
  /**
   * An environment variable that the app declares.
   *
   * @param validatorJson what its value must match: a text, one of some texts, ...
   */
  record DeclaredVariable(String name, String validatorJson, boolean optional) {
    /**
     * @throws FreshetException {@code InvalidEnvironmentVariable} unless the value matches
     */
    void check(String value) {
      ValidationFailure failure =
          Validator.parse(validatorJson).check(Value.of(value), TableNames.NONE);
      if (failure != null) {
        throw FreshetException.badRequest(
            "InvalidEnvironmentVariable",
            "Environment variable "
                + name
                + " does not match its declared validator: "
                + failure.text());
      }
    }
  }

  /** The definition of an app that has no {@code convex.config.ts}. */
  static AppDefinition empty() {
    ObjectNode json = Json.object();
    json.putObject("definitionType").put("type", "app");
    return parse(json);
  }

  /**
   * Reads what evaluating {@code convex.config.js} gave, or an earlier {@link #json}.
   *
   * @throws FreshetException {@code InvalidDefinition}, {@code InvalidEnvVarDeclaration}; {@code
   *     InvalidConvexConfig} if it mounts components
   */
  static AppDefinition parse(JsonNode evaluated) {
    if (!evaluated.path("definitionType").path("type").asString("").equals("app")) {
      throw FreshetException.badRequest(
          "InvalidDefinition",
          "The default export of convex.config.js must be made by defineApp().");
    }
    for (JsonNode child : evaluated.path("childComponents")) {
      throw FreshetException.badRequest(
          "InvalidConvexConfig",
          "The app uses the component \""
              + child.path("name").asString("")
              + "\", but components are not available yet in Freshet.");
    }
    ObjectNode json = Json.object();
    json.put("path", "");
    json.putObject("definitionType").put("type", "app");
    json.putArray("childComponents");
    json.putObject("httpMounts");
    json.set(
        "httpPrefix", evaluated.path("httpPrefix").isString() ? evaluated.get("httpPrefix") : null);
    json.putObject("exports").put("type", "branch").putArray("branch");
    JsonNode declared = evaluated.path("envVars");
    List<DeclaredVariable> variables = new ArrayList<>();
    if (declared instanceof ArrayNode list) {
      list.forEach(entry -> variables.add(variable(entry)));
      json.set("envVars", list);
    } else {
      json.putNull("envVars");
    }
    return new AppDefinition(json, List.copyOf(variables));
  }

  private static DeclaredVariable variable(JsonNode entry) {
    String name = entry.path(0).asString("");
    JsonNode resource = entry.path(1);
    String validator = resource.path("value").asString("");
    if (!EnvironmentChange.isName(name)) {
      throw invalidVariable(name, "its name is none.");
    }
    if (!resource.path("type").asString("").equals("value")
        || !isStringLike(Json.parse(validator, "InvalidEnvVarDeclaration"))) {
      throw invalidVariable(
          name, "its validator must be v.string(), a string literal or a union of these.");
    }
    return new DeclaredVariable(name, validator, resource.path("optional").asBoolean(false));
  }

  private static boolean isStringLike(JsonNode validator) {
    return switch (validator.path("type").asString("")) {
      case "string" -> true;
      case "literal" -> validator.path("value").isString();
      case "union" -> {
        JsonNode members = validator.path("value");
        boolean all = !members.isEmpty();
        for (JsonNode member : members) {
          all &= isStringLike(member);
        }
        yield all;
      }
      default -> false;
    };
  }

  private static FreshetException invalidVariable(String name, String reason) {
    return FreshetException.badRequest(
        "InvalidEnvVarDeclaration",
        "The declaration of the environment variable \"" + name + "\" is invalid: " + reason);
  }
}
