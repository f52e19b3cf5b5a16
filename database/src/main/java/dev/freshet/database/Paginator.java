package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads pages (spec 40 §6.5). */
final class Paginator {
  private final Transaction transaction;

  Paginator(Transaction transaction) {
    this.transaction = transaction;
  }

  Page page(QuerySpec spec, PageRequest request) {
    check(request);
    QueryPlanner planner = new QueryPlanner(transaction);
    QueryPlanner.Pipeline pipeline = planner.pipeline(spec);
    QueryPlanner.Resolved source = planner.resolve(spec.source());
    if (source == null || request.cursor() instanceof CursorPosition.End) {
      CursorPosition end = request.end();
      return new Page(List.of(), end == null ? new CursorPosition.End() : end, null, null);
    }
    QueryPlanner.Resolved part =
        new QueryPlanner.Resolved(
            source.layout(),
            source.index(),
            between(source.range(), source.order(), request.cursor(), request.end()),
            source.order());
    long wanted = request.end() == null && pipeline.wanted() == 0 ? request.pageSize() : 0;
    return new Reading(pipeline, planner.rows(part, wanted, request.clientVersion()), request)
        .page();
  }

  private void check(PageRequest request) {
    if (request.pageSize() == 0) {
      throw badRequest(
          "NoDocumentsForPagination", "Must request at least 1 document while paginating");
    }
    if (request.pageSize() < 0
        || request.pageSize() > transaction.engine().limits().get(Limit.MAX_PAGE_SIZE)) {
      throw badRequest("PageSizeTooLarge", "Requested too many items: " + request.pageSize());
    }
    if (isZero(request.maximumRowsRead()) || isZero(request.maximumBytesRead())) {
      throw badRequest(
          "InvalidPaginationLimit", "maximumRowsRead and maximumBytesRead must be greater than 0");
    }
  }

  private static boolean isZero(@Nullable Long maximum) {
    return maximum != null && maximum == 0;
  }

  /** The part of an interval after one position, up to and including another. */
  private static KeyRange between(
      KeyRange range, Order order, @Nullable CursorPosition from, @Nullable CursorPosition to) {
    byte[] start = range.start();
    byte[] end = range.end();
    if (from instanceof CursorPosition.After(byte[] key)) {
      if (order == Order.ASC) {
        start = IndexKeys.successor(key);
      } else {
        end = key;
      }
    }
    if (to instanceof CursorPosition.After(byte[] key)) {
      if (order == Order.ASC) {
        end = IndexKeys.successor(key);
      } else {
        start = key;
      }
    }
    return new KeyRange(start, end);
  }

  /** The reading of one page. */
  private final class Reading {
    private final QueryPlanner.Pipeline pipeline;
    private final IndexStream rows;
    private final PageRequest request;
    private final List<Document> documents = new ArrayList<>();
    private final List<byte[]> consumed = new ArrayList<>();
    private long bytes;

    Reading(QueryPlanner.Pipeline pipeline, IndexStream rows, PageRequest request) {
      this.pipeline = pipeline;
      this.rows = rows;
      this.request = request;
    }

    Page page() {
      boolean reachedEnd = false;
      boolean limited = false;
      try {
        while (!reachedEnd && !isFull()) {
          if (isOverMaximum()) {
            limited = true;
            break;
          }
          reachedEnd = !step();
        }
      } catch (FreshetException e) {
        if (e.errorClass() != ErrorClass.PAGINATION_LIMIT || consumed.isEmpty()) {
          throw e;
        }
        limited = true;
      }
      return new Page(documents, position(reachedEnd), split(), status(limited));
    }

    /** Takes one row of the source; false at the end. */
    private boolean step() {
      if (pipeline.isExhausted()) {
        return false;
      }
      IndexStream.Row row = rows.next();
      if (row == null) {
        return false;
      }
      consumed.add(row.key());
      bytes += row.document().size();
      if (pipeline.accepts(row.document())) {
        documents.add(row.document());
      }
      return true;
    }

    private boolean isFull() {
      return request.end() == null && documents.size() >= request.pageSize();
    }

    private boolean isOverMaximum() {
      if (request.end() != null || consumed.isEmpty()) {
        return false;
      }
      Long maximumRows = request.maximumRowsRead();
      Long maximumBytes = request.maximumBytesRead();
      return (maximumRows != null && consumed.size() >= maximumRows)
          || (maximumBytes != null && bytes >= maximumBytes);
    }

    private CursorPosition position(boolean reachedEnd) {
      CursorPosition end = request.end();
      if (end != null) {
        return end;
      }
      return reachedEnd ? new CursorPosition.End() : new CursorPosition.After(consumed.getLast());
    }

    private @Nullable CursorPosition split() {
      return consumed.size() <= 2
          ? null
          : new CursorPosition.After(consumed.get(consumed.size() / 2));
    }

    private long softLength() {
      return transaction.engine().limits().get(Limit.MAX_SOFT_PAGE_LENGTH);
    }

    private Page.@Nullable Status status(boolean limited) {
      if (limited) {
        return Page.Status.SPLIT_REQUIRED;
      }
      return transaction.counters().isApproachingReadLimit() || documents.size() > softLength()
          ? Page.Status.SPLIT_RECOMMENDED
          : null;
    }
  }
}
