package dev.freshet.app;

import dev.freshet.values.FreshetException;
import dev.freshet.values.ValueJson;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The arguments of one syscall: a JSON object whose fields are read as scalars or passed on as JSON
 * text, without a tree (spec 30 §1). User code can send anything.
 */
final class SyscallArgs {
  private final String method;
  private final String text;
  private final Map<String, Field> fields;

  /** Where a field's value lies in the text. */
  private record Field(JsonToken token, int start, int end, @Nullable String string) {}

  private SyscallArgs(String method, String text, Map<String, Field> fields) {
    this.method = method;
    this.text = text;
    this.fields = fields;
  }

  /** The same arguments under another name of the method. */
  SyscallArgs named(String otherMethod) {
    return new SyscallArgs(otherMethod, text, fields);
  }

  /**
   * @param method the name that error texts carry, e.g. {@code db.get}
   * @throws FreshetException {@code SyscallArgsInvalidJson}, or {@code InvalidArgument} if the text
   *     is no object
   */
  static SyscallArgs parse(String method, String text) {
    SyscallArgs args = new SyscallArgs(method, text, new HashMap<>(8));
    try (JsonParser parser = ValueJson.parser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw args.invalid("expected an object");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        int start = (int) parser.currentTokenLocation().getCharOffset();
        String string = token == JsonToken.VALUE_STRING ? parser.getString() : null;
        parser.skipChildren();
        parser.finishToken();
        args.fields.put(
            name, new Field(token, start, (int) parser.currentLocation().getCharOffset(), string));
      }
      parser.nextToken();
    } catch (JacksonException e) {
      throw FreshetException.badRequest(
          "SyscallArgsInvalidJson", "Received invalid json: " + e.getOriginalMessage());
    }
    return args;
  }

  boolean has(String name) {
    Field field = fields.get(name);
    return field != null && field.token() != JsonToken.VALUE_NULL;
  }

  String string(String name) {
    String value = optionalString(name);
    if (value == null) {
      throw missing(name);
    }
    return value;
  }

  @Nullable String optionalString(String name) {
    Field field = fields.get(name);
    if (field == null || field.token() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (field.string() == null) {
      throw invalid(name, "expected a string");
    }
    return field.string();
  }

  boolean flag(String name) {
    Field field = fields.get(name);
    return field != null && field.token() == JsonToken.VALUE_TRUE;
  }

  /** A number that counts something. */
  long count(String name) {
    Long value = optionalCount(name);
    if (value == null) {
      throw missing(name);
    }
    return value;
  }

  @Nullable Long optionalCount(String name) {
    Field field = fields.get(name);
    if (field == null || field.token() == JsonToken.VALUE_NULL) {
      return null;
    }
    String number = text.substring(field.start(), field.end()).strip();
    try {
      double value = Double.parseDouble(number);
      if (field.token().isNumeric() && value >= 0 && value == Math.rint(value)) {
        return (long) value;
      }
    } catch (NumberFormatException e) {
      // Not a number: refused below.
    }
    throw invalid(name, "expected a non-negative integer, got " + number);
  }

  /** The JSON text of a field that must be there. */
  String json(String name) {
    String json = optionalJson(name);
    if (json == null) {
      throw missing(name);
    }
    return json;
  }

  @Nullable String optionalJson(String name) {
    Field field = fields.get(name);
    return field == null ? null : text.substring(field.start(), field.end()).strip();
  }

  private FreshetException missing(String name) {
    return invalid("Missing required argument '" + name + "'");
  }

  /** Blames the arguments as a whole. */
  FreshetException invalid(String error) {
    return FreshetException.badRequest(
        "InvalidArgument", "Invalid arguments for `" + method + "`: " + error);
  }

  /** Blames one argument. */
  FreshetException invalid(String name, String cause) {
    return FreshetException.badRequest(
        "InvalidArgument", "Invalid argument `" + name + "` for `" + method + "`: " + cause);
  }
}
