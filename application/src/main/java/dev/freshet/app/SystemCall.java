package dev.freshet.app;

import dev.freshet.app.CursorCodec.Cursor;
import dev.freshet.database.CursorPosition;
import dev.freshet.database.Document;
import dev.freshet.database.Page;
import dev.freshet.database.PageRequest;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.QueryStream;
import dev.freshet.database.Transaction;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One call of a system function: its arguments, its transaction, and where its page ended. */
final class SystemCall {
  // What one page of a system function may read at most (spec 60 §2.2).
  private static final long MAXIMUM_ROWS_READ = 10_000;
  private static final long MAXIMUM_BYTES_READ = 5_000_000;

  private final Transaction transaction;
  private final ObjectValue args;
  private final CursorCodec cursors;
  private final @Nullable String previousJournal;
  private @Nullable Cursor end;

  SystemCall(
      Transaction transaction,
      ObjectValue args,
      CursorCodec cursors,
      @Nullable String previousJournal) {
    this.transaction = transaction;
    this.args = args;
    this.cursors = cursors;
    this.previousJournal = previousJournal;
  }

  Transaction transaction() {
    return transaction;
  }

  /** Null if the call did not paginate. */
  @Nullable String journal() {
    return cursors.encodeJournal(end);
  }

  String text(String name) {
    String text = optionalText(name);
    if (text == null) {
      throw invalid(name, "a string");
    }
    return text;
  }

  /** Null if the argument is missing or null. */
  @Nullable String optionalText(String name) {
    return switch (args.fields().get(name)) {
      case StringValue(String text) -> text;
      case NullValue _ -> null;
      case null -> null;
      default -> throw invalid(name, "a string");
    };
  }

  List<Value> array(String name) {
    if (args.fields().get(name) instanceof ArrayValue(List<Value> elements)) {
      return elements;
    }
    throw invalid(name, "an array");
  }

  ObjectValue object(String name) {
    if (args.fields().get(name) instanceof ObjectValue object) {
      return object;
    }
    throw invalid(name, "an object");
  }

  static FreshetException invalid(String name, String type) {
    return FreshetException.badRequest(
        "InvalidArguments", "The argument \"" + name + "\" must be " + type + ".");
  }

  /** All documents of a query. */
  List<Document> all(QuerySpec spec) {
    List<Document> documents = new ArrayList<>();
    QueryStream stream = transaction.query(spec);
    for (Document document = stream.next(); document != null; document = stream.next()) {
      documents.add(document);
    }
    return documents;
  }

  /** One page as {@code paginationOpts} asks for it, in the form of every paginated query. */
  ObjectValue paginate(QuerySpec spec, Function<Document, Value> row) {
    ObjectValue options = object("paginationOpts");
    byte[] fingerprint = transaction.fingerprint(spec);
    CursorPosition until = position(options, "endCursor", fingerprint);
    Page page =
        transaction.paginate(
            spec,
            new PageRequest(
                position(options, "cursor", fingerprint),
                until == null ? previousEnd(fingerprint) : until,
                count(options, "numItems"),
                MAXIMUM_ROWS_READ,
                MAXIMUM_BYTES_READ));
    end = cursor(page.continueCursor(), fingerprint);
    CursorPosition split = page.splitCursor();
    Page.Status status = page.status();
    return Fields.build()
        .put("page", new ArrayValue(page.documents().stream().map(row).toList()))
        .put("isDone", Value.of(page.isDone()))
        .put("continueCursor", cursors.encode(end))
        .putNullable(
            "splitCursor", split == null ? null : cursors.encode(cursor(split, fingerprint)))
        .putNullable("pageStatus", status == null ? null : status.wireName())
        .object();
  }

  private @Nullable CursorPosition position(ObjectValue options, String field, byte[] fingerprint) {
    return switch (options.fields().get(field)) {
      case StringValue(String text) -> position(cursors.decodeFor(text, fingerprint));
      case NullValue _ -> null;
      case null -> null;
      default -> throw invalid("paginationOpts." + field, "a string or null");
    };
  }

  private @Nullable CursorPosition previousEnd(byte[] fingerprint) {
    Cursor previous = cursors.decodeJournal(previousJournal);
    return previous == null || !Arrays.equals(previous.queryFingerprint(), fingerprint)
        ? null
        : position(previous);
  }

  private static long count(ObjectValue options, String field) {
    return switch (options.fields().get(field)) {
      case Float64Value(double number) when number == Math.rint(number) -> (long) number;
      case Int64Value(long number) -> number;
      case null, default -> throw invalid("paginationOpts." + field, "a whole number");
    };
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
}
