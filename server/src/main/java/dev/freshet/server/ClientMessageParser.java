package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.server.ClientMessage.FunctionCall;
import dev.freshet.server.ClientMessage.QueryModification;
import dev.freshet.server.ClientMessage.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads one message of a sync client in one streaming pass (spec 10 §2). Unknown fields are
 * ignored; of a repeated field the last counts.
 */
final class ClientMessageParser {
  private static final long MAX_U32 = 0xFFFF_FFFFL;
  private static final byte[] EMPTY_ARRAY = "[]".getBytes(UTF_8);

  private final byte[] text;
  private final JsonParser parser;

  private @Nullable String type;
  private @Nullable String sessionId;
  private @Nullable Long connectionCount;
  private @Nullable String lastCloseReason;
  private @Nullable Long maxObservedTimestamp;
  private @Nullable Long clientTs;
  private @Nullable Long baseVersion;
  private @Nullable Long newVersion;
  private @Nullable List<QueryModification> modifications;
  private @Nullable Long requestId;
  private @Nullable Long queryId;
  private @Nullable String udfPath;
  private byte @Nullable [] args;
  private @Nullable String journal;
  private @Nullable String componentPath;
  private @Nullable String tokenType;
  private @Nullable String value;
  private byte @Nullable [] actingAs;
  private @Nullable String eventType;

  private ClientMessageParser(byte[] text, JsonParser parser) {
    this.text = text;
    this.parser = parser;
  }

  /** The text is no message: the client is broken. */
  static final class InvalidMessageException extends Exception {
    InvalidMessageException(String message) {
      super(message);
    }
  }

  static ClientMessage parse(byte[] text) throws InvalidMessageException {
    try (JsonParser parser = StreamingJson.parser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new InvalidMessageException("expected an object");
      }
      ClientMessageParser message = new ClientMessageParser(text, parser);
      message.readFields();
      if (parser.nextToken() != null) {
        throw new InvalidMessageException("trailing characters");
      }
      return message.build();
    } catch (JacksonException e) {
      throw new InvalidMessageException(e.getOriginalMessage());
    }
  }

  private void readFields() throws InvalidMessageException {
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      readField(name);
    }
  }

  private void readField(String name) throws InvalidMessageException {
    switch (name) {
      case "type" -> type = string(name);
      case "sessionId" -> sessionId = optionalString(name);
      case "connectionCount" -> connectionCount = u32(name);
      case "lastCloseReason" -> lastCloseReason = optionalString(name);
      case "maxObservedTimestamp" -> maxObservedTimestamp = optionalTimestamp(name);
      case "clientTs" -> clientTs = optionalInteger(name);
      case "baseVersion" -> baseVersion = u32(name);
      case "newVersion" -> newVersion = u32(name);
      case "modifications" -> modifications = readModifications();
      case "requestId" -> requestId = u32(name);
      case "queryId" -> queryId = u32(name);
      case "udfPath" -> udfPath = string(name);
      case "args" -> args = slice(name, JsonToken.START_ARRAY);
      case "journal" -> journal = optionalString(name);
      case "componentPath" -> componentPath = optionalString(name);
      case "tokenType" -> tokenType = string(name);
      case "value" -> value = optionalString(name);
      case "impersonating", "acting_as" -> actingAs = slice(name, JsonToken.START_OBJECT);
      case "eventType" -> eventType = string(name);
      default -> parser.skipChildren();
    }
  }

  private List<QueryModification> readModifications() throws InvalidMessageException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw new InvalidMessageException("modifications must be an array");
    }
    List<QueryModification> result = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw new InvalidMessageException("a modification must be an object");
      }
      ClientMessageParser modification = new ClientMessageParser(text, parser);
      modification.readFields();
      result.add(modification.buildModification());
    }
    return result;
  }

  private QueryModification buildModification() throws InvalidMessageException {
    return switch (required(type, "type")) {
      case "Add" ->
          new QueryModification.Add(
              required(queryId, "queryId"),
              new FunctionCall(
                  required(udfPath, "udfPath"), args == null ? EMPTY_ARRAY : args, componentPath),
              journal);
      case "Remove" -> new QueryModification.Remove(required(queryId, "queryId"));
      default -> throw new InvalidMessageException("unknown modification type " + type);
    };
  }

  private ClientMessage build() throws InvalidMessageException {
    return switch (required(type, "type")) {
      case "Connect" ->
          new ClientMessage.Connect(
              session(),
              required(connectionCount, "connectionCount"),
              lastCloseReason == null ? "unknown" : lastCloseReason,
              maxObservedTimestamp,
              clientTs);
      case "ModifyQuerySet" ->
          new ClientMessage.ModifyQuerySet(
              required(baseVersion, "baseVersion"),
              required(newVersion, "newVersion"),
              required(modifications, "modifications"));
      case "Mutation" -> new ClientMessage.Mutation(required(requestId, "requestId"), call());
      case "Action" -> new ClientMessage.Action(required(requestId, "requestId"), call());
      case "Authenticate" ->
          new ClientMessage.Authenticate(required(baseVersion, "baseVersion"), token());
      case "Event" -> new ClientMessage.Event(required(eventType, "eventType"));
      default -> throw new InvalidMessageException("unknown message type " + type);
    };
  }

  private FunctionCall call() throws InvalidMessageException {
    return new FunctionCall(required(udfPath, "udfPath"), required(args, "args"), componentPath);
  }

  private Token token() throws InvalidMessageException {
    return switch (required(tokenType, "tokenType")) {
      case "None" -> new Token.None();
      case "User" -> new Token.User(required(value, "value"));
      case "Admin" -> new Token.Admin(required(value, "value"), actingAs);
      default -> throw new InvalidMessageException("unknown tokenType " + tokenType);
    };
  }

  private UUID session() throws InvalidMessageException {
    String id = required(sessionId, "sessionId");
    try {
      return UUID.fromString(id);
    } catch (IllegalArgumentException e) {
      throw new InvalidMessageException("sessionId is not a UUID");
    }
  }

  private static <T> T required(@Nullable T field, String name) throws InvalidMessageException {
    if (field == null) {
      throw new InvalidMessageException("missing field " + name);
    }
    return field;
  }

  private String string(String name) throws InvalidMessageException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new InvalidMessageException(name + " must be a string");
    }
    return parser.getString();
  }

  private @Nullable String optionalString(String name) throws InvalidMessageException {
    return parser.currentToken() == JsonToken.VALUE_NULL ? null : string(name);
  }

  private long integer(String name) throws InvalidMessageException {
    if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw new InvalidMessageException(name + " must be an integer");
    }
    return parser.getLongValue();
  }

  private @Nullable Long optionalInteger(String name) throws InvalidMessageException {
    return parser.currentToken() == JsonToken.VALUE_NULL ? null : integer(name);
  }

  private long u32(String name) throws InvalidMessageException {
    long number = integer(name);
    if (number < 0 || number > MAX_U32) {
      throw new InvalidMessageException(name + " must fit in 32 bits");
    }
    return number;
  }

  private @Nullable Long optionalTimestamp(String name) throws InvalidMessageException {
    String encoded = optionalString(name);
    if (encoded == null) {
      return null;
    }
    try {
      return WireTimestamp.decode(encoded);
    } catch (IllegalArgumentException e) {
      throw new InvalidMessageException(name + " must be 8 bytes in base64");
    }
  }

  /** The text of the current value, or null for a JSON null. */
  private byte @Nullable [] slice(String name, JsonToken start) throws InvalidMessageException {
    if (parser.currentToken() == JsonToken.VALUE_NULL && start == JsonToken.START_OBJECT) {
      return null;
    }
    if (parser.currentToken() != start) {
      throw new InvalidMessageException(
          name + (start == JsonToken.START_ARRAY ? " must be an array" : " must be an object"));
    }
    return StreamingJson.slice(parser, text);
  }
}
