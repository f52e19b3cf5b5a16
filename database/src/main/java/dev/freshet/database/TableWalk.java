package dev.freshet.database;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.InternalId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks a table in the order of ids, for background work that takes longer than a snapshot may be
 * kept: each page is read at a snapshot of its own. What exists all the time is seen once; what is
 * written while the walk goes on may be seen or not.
 */
final class TableWalk {
  private static final int PAGE = 1000;
  private static final long PAGE_BYTES = 4L << 20;

  private final ReaderPool readers;
  private final long table;
  private @Nullable InternalId last;
  private boolean exhausted;

  /**
   * @param after the document to go on after; null: from the beginning
   */
  TableWalk(ReaderPool readers, long table, @Nullable InternalId after) {
    this.readers = readers;
    this.table = table;
    this.last = after;
  }

  /** The next documents as of a snapshot not older than the one before; empty at the end. */
  List<DocumentRevision> next(long timestamp) {
    InternalId from = null;
    if (last != null) {
      from = IndexKeys.idAtOrAbove(IndexKeys.successor(last.toBytes()));
      exhausted |= from == null;
    }
    if (exhausted) {
      return List.of();
    }
    TableScan scan = new TableScan(table, from, null, false, PAGE, PAGE_BYTES, timestamp);
    TablePage page = readers.readAt(scan.atTimestamp(), reader -> reader.scanTable(scan));
    exhausted = page.exhausted();
    if (!page.rows().isEmpty()) {
      last = page.rows().getLast().id();
    }
    return page.rows();
  }

  /** The last document given out. */
  @Nullable InternalId last() {
    return last;
  }
}
