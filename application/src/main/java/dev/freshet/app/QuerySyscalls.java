package dev.freshet.app;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.freshet.app.CursorCodec.Cursor;
import dev.freshet.database.CursorPosition;
import dev.freshet.database.Document;
import dev.freshet.database.Page;
import dev.freshet.database.PageRequest;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.QueryStream;
import dev.freshet.database.Transaction;
import dev.freshet.functions.SyscallResult;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Running queries and pages of one call (spec 30 §2.2, 40 §6.4-6.5). */
final class QuerySyscalls {
  private static final byte[] VALUE = "{\"value\":".getBytes(US_ASCII);
  private static final byte[] MORE = ",\"done\":false}".getBytes(US_ASCII);
  private static final byte[] PAGE = "{\"page\":[".getBytes(US_ASCII);
  private static final SyscallResult DONE = SyscallResult.answer("{\"value\":null,\"done\":true}");

  private final Transaction transaction;
  private final CursorCodec cursors;
  private final @Nullable Cursor previousEnd;
  private final Map<Long, QueryStream> streams = new HashMap<>();
  private long nextId;
  private @Nullable Cursor end;

  QuerySyscalls(Transaction transaction, CursorCodec cursors, @Nullable Cursor previousEnd) {
    this.transaction = transaction;
    this.cursors = cursors;
    this.previousEnd = previousEnd;
  }

  @Nullable Cursor endCursor() {
    return end;
  }

  String start(String json) {
    SyscallArgs args = SyscallArgs.parse("queryStream", json);
    QueryStream stream = transaction.query(spec(args));
    long id = nextId++;
    streams.put(id, stream);
    return "{\"queryId\":" + id + "}";
  }

  String cleanUp(String json) {
    long id = SyscallArgs.parse("queryCleanup", json).count("queryId");
    return String.valueOf(streams.remove(id) != null);
  }

  SyscallResult next(String json) {
    long id = SyscallArgs.parse("queryStreamNext", json).count("queryId");
    QueryStream stream = streams.get(id);
    if (stream == null) {
      throw FreshetException.badRequest("QueryNotFound", "in-progress query not found");
    }
    Document document = stream.next();
    if (document == null) {
      streams.remove(id);
      return DONE;
    }
    byte[] stored = document.stored();
    int length = stored.length - document.jsonOffset();
    byte[] answer = new byte[VALUE.length + length + MORE.length];
    System.arraycopy(VALUE, 0, answer, 0, VALUE.length);
    System.arraycopy(stored, document.jsonOffset(), answer, VALUE.length, length);
    System.arraycopy(MORE, 0, answer, VALUE.length + length, MORE.length);
    return SyscallResult.answer(answer);
  }

  SyscallResult page(String json) {
    SyscallArgs args = SyscallArgs.parse("queryPage", json);
    QuerySpec spec = spec(args);
    byte[] fingerprint = transaction.fingerprint(spec);
    CursorPosition endPosition = position(args.optionalString("endCursor"), fingerprint);
    if (endPosition == null
        && previousEnd != null
        && Arrays.equals(previousEnd.queryFingerprint(), fingerprint)) {
      endPosition = position(previousEnd);
    }
    Page page =
        transaction.paginate(
            spec,
            new PageRequest(
                position(args.optionalString("cursor"), fingerprint),
                endPosition,
                args.count("pageSize"),
                args.optionalCount("maximumRowsRead"),
                args.optionalCount("maximumBytesRead")));
    if (end != null) {
      throw FreshetException.badRequest(
          "MultiplePaginatedDatabaseQueries",
          "This query or mutation function ran multiple paginated queries. Only one call of"
              + " `.paginate` is possible in each function.");
    }
    end = cursor(page.continueCursor(), fingerprint);
    return answer(page, end, fingerprint);
  }

  private SyscallResult answer(Page page, Cursor continueCursor, byte[] fingerprint) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    out.writeBytes(PAGE);
    boolean first = true;
    for (Document document : page.documents()) {
      if (!first) {
        out.write(',');
      }
      first = false;
      byte[] stored = document.stored();
      out.write(stored, document.jsonOffset(), stored.length - document.jsonOffset());
    }
    String split =
        page.splitCursor() == null
            ? "null"
            : quoted(cursors.encode(cursor(page.splitCursor(), fingerprint)));
    String rest =
        "],\"isDone\":"
            + page.isDone()
            + ",\"continueCursor\":"
            + quoted(cursors.encode(continueCursor))
            + ",\"splitCursor\":"
            + split
            + ",\"pageStatus\":"
            + (page.status() == null ? "null" : quoted(page.status().wireName()))
            + "}";
    out.writeBytes(rest.getBytes(US_ASCII));
    return SyscallResult.answer(out.toByteArray());
  }

  private static String quoted(String text) {
    return ValueJson.write(Value.of(text), JsonFormat.ENCODED);
  }

  private @Nullable CursorPosition position(@Nullable String text, byte[] fingerprint) {
    return text == null ? null : position(cursors.decodeFor(text, fingerprint));
  }

  private static CursorPosition position(Cursor cursor) {
    byte[] after = cursor.after();
    return after == null ? new CursorPosition.End() : new CursorPosition.After(after);
  }

  private static Cursor cursor(CursorPosition position, byte[] fingerprint) {
    return switch (position) {
      case CursorPosition.After after -> new Cursor(after.key(), fingerprint);
      case CursorPosition.End _ -> new Cursor(null, fingerprint);
    };
  }

  private static QuerySpec spec(SyscallArgs args) {
    String json = args.json("query");
    try {
      return QuerySpec.parse(json);
    } catch (FreshetException e) {
      // Errors with a code of their own keep it; the rest blames the argument.
      if (e.code().equals("InvalidArgument") || e.code().equals("InvalidJson")) {
        throw args.invalid("query", e.text());
      }
      throw e;
    }
  }
}
