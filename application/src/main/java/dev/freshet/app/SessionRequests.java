package dev.freshet.app;

import dev.freshet.database.Document;
import dev.freshet.database.Scope;
import dev.freshet.database.Subtransaction;
import dev.freshet.database.SystemTable;
import dev.freshet.database.SystemTable.Index;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionBudget;
import dev.freshet.values.CommitTimestamps;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.StringValue;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code _session_requests}: which mutations of which WebSocket session have been
 * executed, and what they returned (spec 10 §6). Read before a mutation runs and written in its
 * transaction, so that of two attempts at most one commits. Results may be larger than documents:
 * they are stored in parts, the first with the log lines.
 */
final class SessionRequests {
  private static final String BY_REQUEST = "by_session_id_and_request_id";
  private static final int PART_LENGTH = 512 << 10;
  private static final int MAX_LINES_LENGTH = 256 << 10;

  static final SystemTable<Part> TABLE =
      new SystemTable<>(
          "_session_requests",
          512 + 17,
          List.of(Index.of(BY_REQUEST, "sessionId", "requestId", "part")),
          Part::toObject,
          Part::fromObject);

  /** A piece of the stored outcome of a mutation that succeeded. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Part(String session, long request, long number, byte[] result, List<String> logLines) {
    private Value.ObjectValue toObject() {
      List<Value> lines = new ArrayList<>(logLines.size());
      logLines.forEach(line -> lines.add(Value.of(line)));
      return Fields.build()
          .put("sessionId", session)
          .put("requestId", Value.of(request))
          .put("part", Value.of(number))
          .put("result", new BytesValue(result))
          .put("logLines", new ArrayValue(lines))
          .object();
    }

    private static Part fromObject(Value.ObjectValue document) {
      List<String> lines = new ArrayList<>();
      if (document.get("logLines") instanceof ArrayValue(List<Value> stored)) {
        for (Value line : stored) {
          if (line instanceof StringValue(String text)) {
            lines.add(text);
          }
        }
      }
      return new Part(
          Fields.text(document, "sessionId"),
          Fields.int64(document, "requestId"),
          Fields.int64(document, "part"),
          Fields.bytes(document, "result"),
          lines);
    }
  }

  private SessionRequests() {}

  /** The stored outcome of a request that was executed before, with its commit's timestamp. */
  static @Nullable MutationResult find(Transaction transaction, SessionRequestId request) {
    List<Row<Part>> parts =
        TABLE.find(
            transaction,
            BY_REQUEST,
            Value.of(request.session().toString()),
            Value.of(request.requestId()));
    if (parts.isEmpty()) {
      return null;
    }
    Row<Part> first = parts.getFirst();
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    parts.forEach(part -> result.writeBytes(part.record().result()));
    long commit = commitOf(transaction, first);
    // It was recorded before its commit's timestamp was known.
    byte[] resolved = CommitTimestamps.resolve(result.toByteArray(), commit);
    return new MutationResult(commit, new CallOutcome.Success(resolved, first.record().logLines()));
  }

  private static long commitOf(Transaction transaction, Row<Part> row) {
    try (Subtransaction _ = transaction.begin(Scope.SYSTEM, TransactionBudget.NONE)) {
      Document document = transaction.get(row.id());
      if (document == null) {
        throw FreshetException.internal("A session request vanished while it was read", null);
      }
      return document.timestamp();
    }
  }

  static void record(
      Transaction transaction, SessionRequestId request, CallOutcome.Success outcome) {
    byte[] result = outcome.value();
    List<String> lines = bounded(outcome.logLines());
    int start = 0;
    for (int number = 0; number == 0 || start < result.length; number++) {
      int end = Math.min(result.length, start + PART_LENGTH);
      byte[] piece =
          start == 0 && end == result.length ? result : Arrays.copyOfRange(result, start, end);
      TABLE.insert(
          transaction,
          new Part(
              request.session().toString(),
              request.requestId(),
              number,
              piece,
              number == 0 ? lines : List.of()));
      start = end;
    }
  }

  /** As many lines as fit beside the first part; a repeat can do without the rest. */
  private static List<String> bounded(List<String> lines) {
    long length = 0;
    for (int i = 0; i < lines.size(); i++) {
      length += 4L * lines.get(i).length();
      if (length > MAX_LINES_LENGTH) {
        return lines.subList(0, i);
      }
    }
    return lines;
  }
}
