package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.CallOutcome;
import dev.freshet.server.ServerMessage.StateModification;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prints messages to sync clients as UTF-8 JSON (spec 10 §3). */
final class MessagePrinter {
  private static final int ENVELOPE = 256;

  private MessagePrinter() {}

  static byte[] print(ServerMessage message) {
    return switch (message) {
      case ServerMessage.Transition transition -> transition(transition);
      case ServerMessage.MutationResponse response -> mutationResponse(response);
      case ServerMessage.ActionResponse response ->
          response("ActionResponse", response.requestId(), response.outcome(), "");
      case ServerMessage.AuthError error ->
          new JsonSink(ENVELOPE)
              .raw("{\"type\":\"AuthError\",\"error\":")
              .string(error.error())
              .raw(",\"baseVersion\":")
              .number(error.baseVersion())
              .raw(",\"authUpdateAttempted\":")
              .raw(String.valueOf(error.updateAttempted()))
              .raw("}")
              .toByteArray();
      case ServerMessage.FatalError error ->
          new JsonSink(ENVELOPE)
              .raw("{\"type\":\"FatalError\",\"error\":")
              .string(error.error())
              .raw("}")
              .toByteArray();
      case ServerMessage.Ping _ -> new JsonSink(16).raw("{\"type\":\"Ping\"}").toByteArray();
    };
  }

  /**
   * Cuts a printed transition into chunk messages of at most {@code maxBytes} of its text each, at
   * boundaries of characters.
   */
  static List<byte[]> chunks(byte[] transition, int maxBytes) {
    List<byte[]> parts = new ArrayList<>();
    int start = 0;
    while (start < transition.length) {
      int end = Math.min(start + maxBytes, transition.length);
      while (end < transition.length && (transition[end] & 0xC0) == 0x80) {
        end--;
      }
      parts.add(Arrays.copyOfRange(transition, start, end));
      start = end;
    }
    String id = String.valueOf(transition.length);
    List<byte[]> messages = new ArrayList<>();
    for (int part = 0; part < parts.size(); part++) {
      byte[] text = parts.get(part);
      messages.add(
          new JsonSink(text.length + text.length / 8 + ENVELOPE)
              .raw("{\"type\":\"TransitionChunk\",\"chunk\":")
              .string(new String(text, UTF_8))
              .raw(",\"partNumber\":")
              .number(part)
              .raw(",\"totalParts\":")
              .number(parts.size())
              .raw(",\"transitionId\":")
              .string(id)
              .raw("}")
              .toByteArray());
    }
    return messages;
  }

  private static byte[] transition(ServerMessage.Transition transition) {
    JsonSink sink = new JsonSink(estimate(transition));
    sink.raw("{\"type\":\"Transition\",\"startVersion\":");
    version(sink, transition.start());
    sink.raw(",\"endVersion\":");
    version(sink, transition.end());
    sink.raw(",\"modifications\":[");
    String separator = "";
    for (StateModification modification : transition.modifications()) {
      sink.raw(separator);
      separator = ",";
      modification(sink, modification);
    }
    sink.raw("]");
    ServerMessage.ClockFields clock = transition.clock();
    if (clock != null) {
      sink.raw(",\"clientClockSkew\":").number(clock.skewMillis());
      sink.raw(",\"serverTs\":").number(clock.serverNanos());
    }
    return sink.raw("}").toByteArray();
  }

  private static int estimate(ServerMessage.Transition transition) {
    long size = ENVELOPE;
    for (StateModification modification : transition.modifications()) {
      size += ENVELOPE;
      if (modification instanceof StateModification.Updated updated) {
        size += updated.outcome().value().length;
      }
    }
    return (int) Math.min(size, Integer.MAX_VALUE - 64);
  }

  private static void version(JsonSink sink, StateVersion version) {
    sink.raw("{\"querySet\":")
        .number(version.querySet())
        .raw(",\"identity\":")
        .number(version.identity())
        .raw(",\"ts\":\"")
        .raw(WireTimestamp.encode(version.timestamp()))
        .raw("\"}");
  }

  private static void modification(JsonSink sink, StateModification modification) {
    switch (modification) {
      case StateModification.Updated updated -> {
        sink.raw("{\"type\":\"QueryUpdated\",\"queryId\":").number(updated.queryId());
        sink.raw(",\"value\":").raw(updated.outcome().value());
        logLinesAndJournal(sink, updated.outcome().logLines(), updated.journal());
        sink.raw("}");
      }
      case StateModification.Failed failed -> {
        sink.raw("{\"type\":\"QueryFailed\",\"queryId\":").number(failed.queryId());
        sink.raw(",\"errorMessage\":").string(failed.outcome().message());
        logLinesAndJournal(sink, failed.outcome().logLines(), failed.journal());
        errorData(sink, failed.outcome());
        sink.raw("}");
      }
      case StateModification.Removed removed ->
          sink.raw("{\"type\":\"QueryRemoved\",\"queryId\":").number(removed.queryId()).raw("}");
    }
  }

  private static void logLinesAndJournal(
      JsonSink sink, List<String> logLines, @Nullable String journal) {
    sink.raw(",\"logLines\":").strings(logLines).raw(",\"journal\":").string(journal);
  }

  /** Present exactly for a {@code ConvexError}, whose data may be null. */
  private static void errorData(JsonSink sink, CallOutcome.Failure failure) {
    byte[] data = failure.data();
    if (data != null) {
      sink.raw(",\"errorData\":").raw(data);
    }
  }

  private static byte[] mutationResponse(ServerMessage.MutationResponse response) {
    String timestamp =
        response.outcome() instanceof CallOutcome.Success
            ? "\"" + WireTimestamp.encode(response.timestamp()) + "\""
            : "null";
    return response(
        "MutationResponse", response.requestId(), response.outcome(), ",\"ts\":" + timestamp);
  }

  private static byte[] response(
      String type, long requestId, CallOutcome outcome, String timestampField) {
    int size = outcome instanceof CallOutcome.Success success ? success.value().length : 0;
    JsonSink sink = new JsonSink(size + ENVELOPE);
    sink.raw("{\"type\":\"").raw(type).raw("\",\"requestId\":").number(requestId);
    switch (outcome) {
      case CallOutcome.Success success ->
          sink.raw(",\"success\":true,\"result\":").raw(success.value());
      case CallOutcome.Failure failure ->
          sink.raw(",\"success\":false,\"result\":").string(failure.message());
    }
    sink.raw(timestampField).raw(",\"logLines\":").strings(outcome.logLines());
    if (outcome instanceof CallOutcome.Failure failure) {
      errorData(sink, failure);
    }
    return sink.raw("}").toByteArray();
  }
}
