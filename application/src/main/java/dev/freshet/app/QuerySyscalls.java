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
import dev.freshet.functions.SyscallResult.Answer;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Limit;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Running queries and pages of one call (spec 30 §2.2, 40 §6.4-6.5). */
final class QuerySyscalls {
  private static final byte[] PAGE = "{\"page\":[".getBytes(US_ASCII);
  private static final SyscallResult NO_ROWS = new SyscallResult.Rows(List.of(), true);

  /** How many rows are brought ahead at first. */
  private static final int FIRST_AHEAD = 31;

  private static final int GROWTH_AHEAD = 4;

  /** A query, and how many rows to bring ahead next time. */
  private static final class Running {
    final QueryStream query;
    int ahead;

    Running(QueryStream query, int ahead) {
      this.query = query;
      this.ahead = ahead;
    }
  }

  private final Transaction transaction;
  private final CursorCodec cursors;
  private final int maxRowsAhead;
  private final long maxBytesAhead;
  private final @Nullable Cursor previousEnd;
  private final Map<Integer, Running> streams = new HashMap<>();
  private @Nullable Cursor end;

  QuerySyscalls(Transaction transaction, CallTree.Services services, @Nullable Cursor previousEnd) {
    this.transaction = transaction;
    this.cursors = services.cursors();
    this.maxRowsAhead = services.limits().getInt(Limit.MAX_ROWS_AHEAD);
    this.maxBytesAhead = services.limits().get(Limit.MAX_BYTES_AHEAD);
    this.previousEnd = previousEnd;
  }

  @Nullable Cursor endCursor() {
    return end;
  }

  /**
   * Starts a query and answers with its first rows.
   *
   * @param stream what the runner calls it
   * @param ahead whether more than one row may be brought
   */
  SyscallResult start(int stream, String json, boolean ahead) {
    SyscallArgs args = SyscallArgs.parse("queryStream", json);
    QueryStream query = transaction.query(spec(args), args.optionalString("version"));
    Running running = new Running(query, Math.min(FIRST_AHEAD, maxRowsAhead));
    streams.put(stream, running);
    return rows(stream, running, ahead);
  }

  SyscallResult next(int stream, boolean ahead) {
    Running running = streams.get(stream);
    if (running == null) {
      throw FreshetException.badRequest("QueryNotFound", "in-progress query not found");
    }
    return rows(stream, running, ahead);
  }

  private SyscallResult rows(int stream, Running running, boolean ahead) {
    Document first;
    try {
      first = running.query.next();
    } catch (FreshetException e) {
      streams.remove(stream);
      throw e;
    }
    if (first == null) {
      streams.remove(stream);
      return NO_ROWS;
    }
    if (!ahead) {
      return new SyscallResult.Rows(List.of(answer(first)), false);
    }
    QueryStream.Ahead more = running.query.ahead(running.ahead, maxBytesAhead);
    running.ahead = Math.min(running.ahead * GROWTH_AHEAD, maxRowsAhead);
    List<Answer> rows = new ArrayList<>(1 + more.documents().size());
    rows.add(answer(first));
    for (Document document : more.documents()) {
      rows.add(answer(document));
    }
    return new SyscallResult.Rows(rows, more.ends());
  }

  private static Answer answer(Document document) {
    int offset = document.jsonOffset();
    return new Answer(document.stored(), offset, document.stored().length - offset);
  }

  /** Rows that were brought ahead have been used. */
  void read(int stream, int rows, boolean closed) {
    Running running = closed ? streams.remove(stream) : streams.get(stream);
    if (running != null) {
      running.query.take(rows);
      if (closed) {
        running.query.rewind();
      }
    }
  }

  /** Rows that were brought ahead won't be used. */
  void rewind() {
    streams.values().forEach(running -> running.query.rewind());
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
                args.optionalCount("maximumBytesRead"),
                args.optionalString("version")));
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
