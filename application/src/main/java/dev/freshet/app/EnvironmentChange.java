package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One change of an environment variable (spec 20 §21).
 *
 * @param value null removes the variable
 */
public record EnvironmentChange(String name, @Nullable String value) {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_]+[a-zA-Z0-9_]*");

  /**
   * Reads {@code {"changes":[{"name","value"|null}]}}.
   *
   * @throws FreshetException {@code InvalidRequest}
   */
  public static List<EnvironmentChange> parse(JsonNode body) {
    JsonNode list = body.path("changes");
    if (!list.isArray()) {
      throw FreshetException.badRequest("InvalidRequest", "\"changes\" must be an array.");
    }
    List<EnvironmentChange> changes = new ArrayList<>();
    for (JsonNode change : list) {
      JsonNode name = change.path("name");
      JsonNode value = change.path("value");
      boolean removes = value.isMissingNode() || value.isNull();
      if (!name.isString() || !(removes || value.isString())) {
        throw FreshetException.badRequest(
            "InvalidRequest", "A change has a string \"name\" and a string \"value\" or null.");
      }
      changes.add(new EnvironmentChange(name.stringValue(), removes ? null : value.stringValue()));
    }
    return changes;
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * Checks what needs nothing but the change itself.
   *
   * @throws FreshetException {@code EnvironmentVariableNameInvalid}, {@code
   *     EnvironmentVariableNameTooLong} or {@code EnvironmentVariableValueTooLarge}
   */
  void check(Limits limits) {
    if (!isName(name)) {
      throw FreshetException.badRequest(
          "EnvironmentVariableNameInvalid",
          "Environment variable name \""
              + name
              + "\" is invalid: it must start with a letter or an underscore and consist of"
              + " letters, digits and underscores.");
    }
    long nameLimit = limits.get(Limit.ENV_VAR_NAME_LENGTH);
    if (name.length() > nameLimit) {
      throw FreshetException.badRequest(
          "EnvironmentVariableNameTooLong",
          "Environment variable name \""
              + name
              + "\" is longer than "
              + nameLimit
              + " bytes (ENV_VAR_NAME_LENGTH).");
    }
    long valueLimit = limits.get(Limit.ENV_VAR_VALUE_LENGTH);
    if (value != null && value.getBytes(UTF_8).length > valueLimit) {
      throw FreshetException.badRequest(
          "EnvironmentVariableValueTooLarge",
          "The value of environment variable \""
              + name
              + "\" is larger than "
              + valueLimit
              + " bytes (ENV_VAR_VALUE_LENGTH).");
    }
  }
}
