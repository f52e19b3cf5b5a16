package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.ValueJson;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The exact fields and types of every message from a server (spec 10 §3, §11): a client that parses
 * strictly reconnects at a field too many, and never recovers.
 */
final class MessageShapes {
  private static final Pattern LOG_LINE =
      Pattern.compile("^\\[(DEBUG|ERROR|WARN|INFO|LOG)] .*", Pattern.DOTALL);
  private static final long MAX_U32 = 0xFFFF_FFFFL;

  private final boolean withClock;

  /**
   * @param withClock whether the client sent its clock: then transitions carry both clock fields as
   *     numbers, otherwise none
   */
  MessageShapes(boolean withClock) {
    this.withClock = withClock;
  }

  /** Returns the message's type. */
  String check(JsonNode message) {
    assertThat(message.isObject()).isTrue();
    String type = message.path("type").stringValue();
    switch (type) {
      case "Transition" -> transition(message);
      case "TransitionChunk" -> {
        fields(message, "type", "chunk", "partNumber", "totalParts", "transitionId");
        string(message, "chunk");
        string(message, "transitionId");
        unsigned(message, "partNumber");
        unsigned(message, "totalParts");
      }
      case "MutationResponse" -> response(message, true);
      case "ActionResponse" -> response(message, false);
      case "AuthError" -> {
        fields(message, "type", "error", "baseVersion", "authUpdateAttempted");
        string(message, "error");
        unsigned(message, "baseVersion");
        assertThat(message.path("authUpdateAttempted").isBoolean()).isTrue();
      }
      case "FatalError" -> {
        fields(message, "type", "error");
        string(message, "error");
      }
      case "Ping" -> fields(message, "type");
      default -> throw new AssertionError("unknown message " + message);
    }
    return type;
  }

  private void transition(JsonNode message) {
    if (withClock) {
      fields(
          message,
          "type",
          "startVersion",
          "endVersion",
          "modifications",
          "clientClockSkew",
          "serverTs");
      assertThat(message.path("clientClockSkew").isIntegralNumber()).isTrue();
      assertThat(message.path("serverTs").isIntegralNumber()).isTrue();
    } else {
      fields(message, "type", "startVersion", "endVersion", "modifications");
    }
    for (String name : List.of("startVersion", "endVersion")) {
      JsonNode version = message.path(name);
      fields(version, "querySet", "identity", "ts");
      unsigned(version, "querySet");
      unsigned(version, "identity");
      timestamp(version, "ts");
    }
    assertThat(message.path("modifications").isArray()).isTrue();
    message.path("modifications").forEach(MessageShapes::modification);
  }

  private static void modification(JsonNode modification) {
    unsigned(modification, "queryId");
    String type = modification.path("type").stringValue();
    switch (type) {
      case "QueryUpdated" -> {
        fields(modification, "type", "queryId", "value", "logLines", "journal");
        value(modification, "value");
      }
      case "QueryFailed" -> {
        fieldsOfFailure(modification, "type", "queryId", "errorMessage", "logLines", "journal");
        string(modification, "errorMessage");
      }
      case "QueryRemoved" -> {
        fields(modification, "type", "queryId");
        return;
      }
      default -> throw new AssertionError("unknown modification " + modification);
    }
    logLines(modification);
    JsonNode journal = modification.path("journal");
    assertThat(journal.isString() || journal.isNull()).as("a journal: %s", journal).isTrue();
  }

  private static void response(JsonNode message, boolean ofMutation) {
    unsigned(message, "requestId");
    assertThat(message.path("success").isBoolean()).isTrue();
    boolean success = message.path("success").booleanValue();
    String[] names =
        ofMutation
            ? new String[] {"type", "requestId", "success", "result", "ts", "logLines"}
            : new String[] {"type", "requestId", "success", "result", "logLines"};
    if (success) {
      fields(message, names);
      value(message, "result");
    } else {
      fieldsOfFailure(message, names);
      string(message, "result");
    }
    if (ofMutation && success) {
      timestamp(message, "ts");
    } else if (ofMutation) {
      assertThat(message.path("ts").isNull()).isTrue();
    }
    logLines(message);
  }

  /** A failure may carry {@code errorData}, which is a value, perhaps null. */
  private static void fieldsOfFailure(JsonNode json, String... names) {
    if (json.has("errorData")) {
      String[] more = Arrays.copyOf(names, names.length + 1);
      more[names.length] = "errorData";
      fields(json, more);
      value(json, "errorData");
    } else {
      fields(json, names);
    }
  }

  private static void fields(JsonNode json, String... names) {
    assertThat(json.isObject()).as("an object: %s", json).isTrue();
    assertThat(Set.copyOf(json.propertyNames())).isEqualTo(Set.of(names));
  }

  private static void string(JsonNode json, String name) {
    assertThat(json.path(name).isString()).as("%s is a string", name).isTrue();
  }

  private static void unsigned(JsonNode json, String name) {
    JsonNode number = json.path(name);
    assertThat(number.isIntegralNumber()).as("%s is a whole number", name).isTrue();
    assertThat(number.longValue()).as(name).isBetween(0L, MAX_U32);
  }

  private static void timestamp(JsonNode json, String name) {
    string(json, name);
    String text = json.path(name).stringValue();
    long timestamp = WireTimestamp.decode(text);
    assertThat(WireTimestamp.encode(timestamp)).as("canonical base64").isEqualTo(text);
    assertThat(timestamp).isNotNegative();
  }

  private static void logLines(JsonNode json) {
    JsonNode lines = json.path("logLines");
    assertThat(lines.isArray()).as("logLines are required").isTrue();
    lines.forEach(line -> assertThat(line.stringValue()).matches(LOG_LINE));
  }

  /** Every value must be one that clients can decode, with its keys in order. */
  private static void value(JsonNode json, String name) {
    JsonNode value = json.path(name);
    ValueJson.parse(value.toString().getBytes(UTF_8));
    sortedKeys(value);
  }

  private static void sortedKeys(JsonNode json) {
    if (json.isObject()) {
      List<String> names = List.copyOf(json.propertyNames());
      assertThat(names).isEqualTo(List.copyOf(new TreeSet<>(names)));
      for (Map.Entry<String, JsonNode> property : json.properties()) {
        sortedKeys(property.getValue());
      }
    } else if (json.isArray()) {
      json.forEach(MessageShapes::sortedKeys);
    }
  }

  static StateVersion version(JsonNode json) {
    return new StateVersion(
        json.path("querySet").longValue(),
        json.path("identity").longValue(),
        WireTimestamp.decode(json.path("ts").stringValue()));
  }
}
