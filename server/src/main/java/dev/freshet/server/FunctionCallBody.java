package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The body of an HTTP function call (spec 10 §12), read in one pass; the arguments stay the bytes
 * they are.
 *
 * @param args object or array, null where absent
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record FunctionCallBody(
    @Nullable String path,
    byte @Nullable [] args,
    @Nullable String format,
    @Nullable String componentPath,
    @Nullable String timestamp) {

  /**
   * @throws FreshetException {@code BadJsonBody}
   */
  static FunctionCallBody parse(byte[] json) {
    try (JsonParser parser = StreamingJson.parser(json)) {
      parser.nextToken();
      FunctionCallBody body = read(parser, json);
      if (parser.nextToken() != null) {
        throw bad("trailing characters after the object");
      }
      return body;
    } catch (JacksonException e) {
      throw bad(e.getOriginalMessage());
    }
  }

  /** The list of a {@code query_batch}. */
  static List<FunctionCallBody> parseBatch(byte[] json) {
    try (JsonParser parser = StreamingJson.parser(json)) {
      List<FunctionCallBody> queries = null;
      expectObject(parser.nextToken());
      for (String name = parser.nextName(); name != null; name = parser.nextName()) {
        parser.nextToken();
        if (name.equals("queries")) {
          queries = readBatch(parser, json);
        } else {
          parser.skipChildren();
        }
      }
      if (queries == null) {
        throw missing("queries");
      }
      return queries;
    } catch (JacksonException e) {
      throw bad(e.getOriginalMessage());
    }
  }

  private static List<FunctionCallBody> readBatch(JsonParser parser, byte[] json) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw bad("queries must be an array");
    }
    List<FunctionCallBody> queries = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      queries.add(read(parser, json));
    }
    return queries;
  }

  private static FunctionCallBody read(JsonParser parser, byte[] json) {
    expectObject(parser.currentToken());
    String path = null;
    byte[] args = null;
    String format = null;
    String componentPath = null;
    String timestamp = null;
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      JsonToken token = parser.nextToken();
      switch (name) {
        case "path" -> path = string(parser, name);
        case "args" -> {
          if (token != JsonToken.START_OBJECT && token != JsonToken.START_ARRAY) {
            throw bad("args must be an object");
          }
          args = StreamingJson.slice(parser, json);
        }
        case "format" -> format = string(parser, name);
        case "componentPath" -> componentPath = string(parser, name);
        case "ts" -> timestamp = string(parser, name);
        default -> parser.skipChildren();
      }
    }
    return new FunctionCallBody(path, args, format, componentPath, timestamp);
  }

  String requiredPath() {
    if (path == null) {
      throw missing("path");
    }
    return path;
  }

  byte[] requiredArgs() {
    if (args == null) {
      throw missing("args");
    }
    return args;
  }

  String requiredTimestamp() {
    if (timestamp == null) {
      throw missing("ts");
    }
    return timestamp;
  }

  /** The arguments of a GET request, which come as text. */
  static byte[] argsFromText(@Nullable String text) {
    return (text == null ? "{}" : text).getBytes(UTF_8);
  }

  private static @Nullable String string(JsonParser parser, String name) {
    return switch (parser.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_STRING -> parser.getString();
      default -> throw bad(name + " must be a string");
    };
  }

  private static void expectObject(@Nullable JsonToken token) {
    if (token != JsonToken.START_OBJECT) {
      throw bad("expected an object");
    }
  }

  private static FreshetException missing(String field) {
    return bad("missing field `" + field + "`");
  }

  private static FreshetException bad(String why) {
    return FreshetException.badRequest(
        "BadJsonBody", "Failed to parse the request body as JSON: " + why);
  }
}
