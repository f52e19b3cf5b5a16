package dev.freshet.database;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Walks an interval of an index in either direction, merging the snapshot with the transaction's
 * own writes (spec 40 §6.4).
 *
 * <p>What is recorded as read is what was given out: from the interval's beginning (in the
 * direction of the walk) to the last row, and the whole interval once the end is reached. Pages
 * read ahead don't count. Their size grows, so that a query for one row reads one and a long walk
 * few pages.
 */
final class IndexStream {
  private static final int GROWTH = 4;
  private static final long MAX_PAGE_BYTES = 2L << 20;

  /** A row and its key. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Row(byte[] key, Document document) {}

  private final Transaction transaction;
  private final TableLayout layout;
  private final IndexInfo index;
  private final KeyRange range;
  private final boolean descending;
  private final @Nullable UnaryOperator<Document> view;
  private final boolean charged;
  private final ArrayDeque<Row> page = new ArrayDeque<>();
  private final int maxPageSize;
  private int pageSize;
  private boolean storeExhausted;
  private boolean done;

  /** What is left: of the store, and of everything. */
  private byte[] storeStart;

  private byte @Nullable [] storeEnd;
  private byte[] start;
  private byte @Nullable [] end;

  /** The rows shown so far, and how many of them were counted as read. */
  private byte @Nullable [] lastKey;

  private long documents;
  private long bytes;
  private long readDocuments;
  private long readBytes;

  /**
   * @param wanted how many rows the consumer will take if it knows, else 0
   * @param view makes the documents given out of those found; null: they are the same
   * @param charged whether the rows count towards the limits of the transaction
   */
  private IndexStream(
      Transaction transaction,
      TableLayout layout,
      IndexInfo index,
      KeyRange range,
      Order order,
      long wanted,
      @Nullable UnaryOperator<Document> view,
      boolean charged) {
    this.transaction = transaction;
    this.layout = layout;
    this.index = index;
    this.range = range;
    this.descending = order == Order.DESC;
    this.view = view;
    this.charged = charged;
    Limits limits = transaction.engine().limits();
    this.maxPageSize = limits.getInt(Limit.MAX_QUERY_PREFETCH);
    this.pageSize =
        wanted > 0
            ? (int) Math.min(wanted, maxPageSize)
            : Math.min(limits.getInt(Limit.DEFAULT_QUERY_PREFETCH), maxPageSize);
    this.storeStart = range.start();
    this.storeEnd = range.end();
    this.start = range.start();
    this.end = range.end();
    this.done = range.isEmpty();
  }

  /** A walk on behalf of a query: rows count, unless they are those of a system table itself. */
  static IndexStream of(
      Transaction transaction,
      TableLayout layout,
      IndexInfo index,
      KeyRange range,
      Order order,
      long wanted,
      @Nullable UnaryOperator<Document> view) {
    boolean charged = view != null || !layout.table().isSystem();
    return new IndexStream(transaction, layout, index, range, order, wanted, view, charged);
  }

  /** A walk over a system table that nobody is charged for. */
  static IndexStream internal(
      Transaction transaction, TableLayout layout, IndexInfo index, KeyRange range, long wanted) {
    return new IndexStream(transaction, layout, index, range, Order.ASC, wanted, null, false);
  }

  /** The next row, or null at the end; counted as read. */
  @Nullable Row next() {
    Row row = show();
    read(position());
    return row;
  }

  /** The next row, or null at the end; counted as read only by {@link #read}. */
  @Nullable Row show() {
    while (!done) {
      Row stored = peekStored();
      Map.Entry<byte[], WriteBuffer.Overlaid> written = peekWritten();
      if (stored == null && written == null) {
        done = true;
        return null;
      }
      Row row;
      if (written == null || (stored != null && compare(stored.key(), written.getKey()) < 0)) {
        row = page.removeFirst();
        advance(row.key());
      } else {
        if (stored != null && Arrays.equals(stored.key(), written.getKey())) {
          page.removeFirst(); // written over
        }
        advance(written.getKey());
        Document document = written.getValue().document();
        row = document == null ? null : new Row(written.getKey(), document);
      }
      if (row != null) {
        shown(row);
        return view == null ? row : new Row(row.key(), view.apply(row.document()));
      }
    }
    return null;
  }

  /**
   * A place in the walk.
   *
   * @param lastKey of the row before it; null at the beginning
   * @param atEnd whether the walk has ended there
   * @param documents how many rows there were up to here
   * @param bytes their size
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Position(byte @Nullable [] lastKey, boolean atEnd, long documents, long bytes) {}

  private void shown(Row row) {
    lastKey = row.key();
    if (!layout.table().isSystem() && row.document().timestamp() != 0) {
      transaction.saw(layout, row.document());
    }
    if (charged) {
      int size = row.document().size();
      documents++;
      bytes += size;
      transaction.counters().showAhead(1, size);
    }
  }

  Position position() {
    return new Position(lastKey, done, documents, bytes);
  }

  /** Counts as read what lies between the last position that was, and this one. */
  void read(Position to) {
    byte[] key = to.lastKey();
    if (to.atEnd()) {
      record(range.start(), range.end());
    } else if (key == null) {
      return;
    } else if (descending) {
      record(key, range.end());
    } else {
      record(range.start(), IndexKeys.successor(key));
    }
    long moreDocuments = to.documents() - readDocuments;
    long moreBytes = to.bytes() - readBytes;
    if (moreDocuments > 0) {
      readDocuments = to.documents();
      readBytes = to.bytes();
      transaction.counters().showAhead(-moreDocuments, -moreBytes);
      transaction.reads().documents(moreDocuments, moreBytes);
    }
  }

  /** Whether more may be shown that isn't read yet, without coming near the limits. */
  boolean hasRoomAhead() {
    return transaction.counters().hasRoomAhead();
  }

  /** Goes back to a position from which nothing was read on; null: to the beginning. */
  void resume(@Nullable Position at) {
    byte[] key = at == null ? null : at.lastKey();
    long documentsThen = at == null ? 0 : at.documents();
    long bytesThen = at == null ? 0 : at.bytes();
    transaction.counters().showAhead(documentsThen - documents, bytesThen - bytes);
    lastKey = key;
    documents = documentsThen;
    bytes = bytesThen;
    start = range.start();
    end = range.end();
    if (key != null) {
      advance(key);
    }
    storeStart = start;
    storeEnd = end;
    storeExhausted = false;
    page.clear();
    done = at != null ? at.atEnd() : range.isEmpty();
  }

  private void record(byte[] from, byte @Nullable [] to) {
    if (!charged) {
      transaction.reads().system(index.storage(), new KeyRange(from, to));
    } else {
      transaction.reads().user(index.storage(), from, to);
    }
  }

  private void advance(byte[] key) {
    if (descending) {
      end = key;
    } else {
      start = IndexKeys.successor(key);
    }
  }

  private int compare(byte[] left, byte[] right) {
    int order = Arrays.compareUnsigned(left, right);
    return descending ? -order : order;
  }

  private Map.@Nullable Entry<byte[], WriteBuffer.Overlaid> peekWritten() {
    NavigableMap<byte[], WriteBuffer.Overlaid> overlay =
        transaction.writes().overlay(index.storage());
    if (overlay == null) {
      return null;
    }
    if (descending) {
      byte[] bound = end;
      Map.Entry<byte[], WriteBuffer.Overlaid> entry =
          bound == null ? overlay.lastEntry() : overlay.lowerEntry(bound);
      return entry != null && Arrays.compareUnsigned(entry.getKey(), start) >= 0 ? entry : null;
    }
    Map.Entry<byte[], WriteBuffer.Overlaid> entry = overlay.ceilingEntry(start);
    byte[] bound = end;
    return entry != null && (bound == null || Arrays.compareUnsigned(entry.getKey(), bound) < 0)
        ? entry
        : null;
  }

  private @Nullable Row peekStored() {
    if (page.isEmpty() && !storeExhausted) {
      fetch();
    }
    return page.peekFirst();
  }

  private void fetch() {
    if (transaction.isCreatedHere(layout.table())) {
      storeExhausted = true; // the snapshot can't know the table
    } else if (index.isById()) {
      fetchTable();
    } else {
      fetchIndex();
    }
    Row last = page.peekLast();
    if (last != null) {
      if (descending) {
        storeEnd = last.key();
      } else {
        storeStart = IndexKeys.successor(last.key());
      }
    }
    pageSize = Math.min(pageSize * GROWTH, maxPageSize);
  }

  private void fetchIndex() {
    IndexScan scan =
        new IndexScan(
            index.storage(),
            layout.table().storage(),
            storeStart,
            storeEnd,
            descending,
            pageSize,
            MAX_PAGE_BYTES,
            transaction.beginTimestamp());
    IndexPage result =
        transaction.engine().readers().readAt(scan.atTimestamp(), reader -> reader.scan(scan));
    for (IndexPage.Row row : result.rows()) {
      page.add(new Row(row.key(), document(row.document())));
    }
    storeExhausted = result.exhausted();
  }

  private void fetchTable() {
    InternalId from = IndexKeys.idAtOrAbove(storeStart);
    byte[] bound = storeEnd;
    InternalId to = bound == null ? null : IndexKeys.idAtOrAbove(bound);
    if (from == null || (to != null && from.compareTo(to) >= 0)) {
      storeExhausted = true;
      return;
    }
    TableScan scan =
        new TableScan(
            layout.table().storage(),
            from,
            to,
            descending,
            pageSize,
            MAX_PAGE_BYTES,
            transaction.beginTimestamp());
    TablePage result =
        transaction.engine().readers().readAt(scan.atTimestamp(), reader -> reader.scanTable(scan));
    for (DocumentRevision revision : result.rows()) {
      page.add(new Row(revision.id().toBytes(), document(revision)));
    }
    storeExhausted = result.exhausted();
  }

  private Document document(DocumentRevision revision) {
    return new Document(
        new DocumentId(layout.table().number(), revision.id()),
        revision.timestamp(),
        revision.value(),
        null);
  }
}
