package dev.freshet.storage.sqlite;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads as of a timestamp over the layout that {@link SqliteWriter} describes, without a
 * transaction around the statements of one read. Two facts make that right:
 *
 * <ul>
 *   <li>The log rows that lead from a revision into the past never change, so a row of {@code docs}
 *       may be read now and followed later.
 *   <li>Entries only ever move from {@code idx} to {@code idx_old}, and {@code idx} is read first:
 *       an entry of the snapshot is found in one of the two, or in both when a commit moves it in
 *       between, which the merge sees by the equal key. If no commit newer than the snapshot that
 *       removes entries of this index had begun to be written by the time {@code idx} was read,
 *       nothing of the snapshot can be in {@code idx_old}, and it isn't looked at: the usual case
 *       costs one statement.
 * </ul>
 *
 * <p>No statement stays open when a read returns, so a reader doesn't hold checkpoints back.
 */
final class SqliteReader implements PersistenceReader {
  private static final byte[] FIRST = {};
  private static final int USUAL_ROWS = 64;

  /** Never written to. */
  private static final ArrayDeque<RemovedEntry> NO_REMOVED_ENTRIES = new ArrayDeque<>(1);

  /** Takes the reader back, or closes it. */
  interface Home {
    void giveBack(SqliteReader reader);
  }

  private final Connection connection;
  private final Home home;
  private final LongUnaryOperator newestRemoval;
  private final @Nullable PreparedStatement[] statements = new PreparedStatement[15];
  private boolean lent = true;

  /**
   * @param newestRemoval the largest timestamp of a commit whose writing has begun and that removes
   *     entries of the index; never decreases
   */
  SqliteReader(Connection connection, Home home, LongUnaryOperator newestRemoval) {
    this.connection = connection;
    this.home = home;
    this.newestRemoval = newestRemoval;
  }

  @Override
  public @Nullable DocumentRevision document(long table, InternalId id, long atTimestamp) {
    try {
      long log;
      PreparedStatement statement =
          statement(12, "SELECT ts, log, value, sum FROM docs WHERE tbl = ? AND id = ?");
      statement.setLong(1, table);
      statement.setBytes(2, id.toBytes());
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        long newest = row.getLong(1);
        if (newest <= atTimestamp) {
          return revision(id, newest, row.getBytes(3), row.getInt(4));
        }
        log = row.getLong(2);
      }
      return earlier(id, log, atTimestamp);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public IndexPage scan(IndexScan scan) {
    boolean bounded = scan.end() != null;
    try {
      PreparedStatement statement = entriesStatement(scan.descending(), bounded);
      statement.setLong(1, scan.index());
      statement.setLong(2, scan.atTimestamp());
      statement.setBytes(3, scan.start());
      if (bounded) {
        statement.setBytes(4, scan.end());
      }
      try (ResultSet entries = statement.executeQuery()) {
        // The first row has been read by now.
        ArrayDeque<RemovedEntry> removed =
            newestRemoval.applyAsLong(scan.index()) <= scan.atTimestamp()
                ? NO_REMOVED_ENTRIES
                : removedEntries(scan, bounded);
        return new EntryMerge(entries, removed, scan).page();
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /** The first entries of the interval that were there at the timestamp and are gone by now. */
  private ArrayDeque<RemovedEntry> removedEntries(IndexScan scan, boolean bounded)
      throws SQLException {
    PreparedStatement statement = removedStatement(scan.descending(), bounded);
    statement.setLong(1, scan.index());
    statement.setLong(2, scan.atTimestamp());
    statement.setInt(3, scan.maxRows() == Integer.MAX_VALUE ? -1 : scan.maxRows() + 1);
    statement.setBytes(4, scan.start());
    if (bounded) {
      statement.setBytes(5, scan.end());
    }
    try (ResultSet rows = statement.executeQuery()) {
      if (!rows.next()) {
        return NO_REMOVED_ENTRIES; // nearly always
      }
      ArrayDeque<RemovedEntry> removed = new ArrayDeque<>();
      do {
        removed.add(new RemovedEntry(rows.getBytes(1), rows.getLong(2)));
      } while (rows.next());
      return removed;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  private record RemovedEntry(byte[] key, long number) {}

  @Override
  public TablePage scanTable(TableScan scan) {
    boolean bounded = scan.end() != null;
    InternalId start = scan.start();
    try {
      PreparedStatement statement = tableStatement(scan.descending(), bounded);
      statement.setLong(1, scan.table());
      statement.setLong(2, scan.atTimestamp());
      statement.setBytes(3, start == null ? FIRST : start.toBytes());
      if (scan.end() != null) {
        statement.setBytes(4, scan.end().toBytes());
      }
      try (ResultSet rows = statement.executeQuery()) {
        return tablePage(rows, scan);
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private TablePage tablePage(ResultSet rows, TableScan scan) throws SQLException {
    List<DocumentRevision> page = new ArrayList<>(Math.min(scan.maxRows(), USUAL_ROWS));
    long bytes = 0;
    while (rows.next()) {
      long newest = rows.getLong(1);
      InternalId id = InternalId.fromBytes(rows.getBytes(2));
      DocumentRevision revision =
          newest <= scan.atTimestamp()
              ? revision(id, newest, rows.getBytes(3), rows.getInt(5))
              : earlier(id, rows.getLong(4), scan.atTimestamp());
      if (revision == null) {
        continue;
      }
      if (page.size() >= scan.maxRows() || bytes >= scan.maxBytes()) {
        return new TablePage(page, false);
      }
      page.add(revision);
      bytes += revision.value().length;
    }
    return new TablePage(page, true);
  }

  /** A revision as it was written; null for a deletion. */
  private static @Nullable DocumentRevision revision(
      InternalId id, long timestamp, byte @Nullable [] value, int sum) {
    if (!ValueSum.fits(sum, value)) {
      throw SqliteFailures.damagedDocument(id, timestamp);
    }
    return value == null ? null : new DocumentRevision(id, timestamp, value);
  }

  /** Follows the log from a newer revision's row to the revision that counts. */
  private @Nullable DocumentRevision earlier(InternalId id, long newerLog, long atTimestamp)
      throws SQLException {
    PreparedStatement statement =
        statement(14, "SELECT prev_ts, prev_log, prev_value, prev_sum FROM log WHERE seq = ?");
    long log = newerLog;
    while (true) {
      statement.setLong(1, log);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new FreshetException(
              ErrorClass.OUT_OF_RETENTION,
              "SnapshotOutOfRetention",
              "The snapshot at " + atTimestamp + " is no longer kept");
        }
        long before = row.getLong(1);
        if (before <= atTimestamp) {
          return before == 0 ? null : revision(id, before, row.getBytes(3), row.getInt(4));
        }
        log = row.getLong(2);
      }
    }
  }

  List<Long> indexesWithEntries() {
    String next =
        "SELECT min(n) FROM (SELECT min(idx) n FROM idx WHERE idx > ?1"
            + " UNION ALL SELECT min(idx) FROM idx_old WHERE idx > ?1)";
    List<Long> indexes = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(next)) {
      long last = 0;
      while (true) {
        statement.setLong(1, last);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          last = row.getLong(1);
          if (row.wasNull()) {
            return indexes;
          }
        }
        indexes.add(last);
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /** Merges current entries with the few that have gone since, in scan order. */
  private final class EntryMerge {
    private final ResultSet entries;
    private final ArrayDeque<RemovedEntry> removed;
    private final IndexScan scan;
    private byte @Nullable [] entryKey;

    EntryMerge(ResultSet entries, ArrayDeque<RemovedEntry> removed, IndexScan scan)
        throws SQLException {
      this.entries = entries;
      this.removed = removed;
      this.scan = scan;
      nextEntry();
    }

    private void nextEntry() throws SQLException {
      entryKey = entries.next() ? entries.getBytes(1) : null;
    }

    IndexPage page() throws SQLException {
      List<IndexPage.Row> rows = new ArrayList<>(Math.min(scan.maxRows(), USUAL_ROWS));
      long bytes = 0;
      while (entryKey != null || !removed.isEmpty()) {
        if (rows.size() >= scan.maxRows() || bytes >= scan.maxBytes()) {
          return new IndexPage(rows, false);
        }
        IndexPage.Row row = nextRow();
        if (row != null) {
          rows.add(row);
          bytes += row.document().value().length;
        }
      }
      return new IndexPage(rows, true);
    }

    private IndexPage.@Nullable Row nextRow() throws SQLException {
      byte[] key = entryKey;
      RemovedEntry gone = removed.peek();
      int order = gone == null ? 1 : key == null ? -1 : compare(gone.key(), key);
      DocumentRevision document;
      if (gone != null && order <= 0) {
        removed.remove();
        if (order == 0) {
          nextEntry();
        }
        key = gone.key();
        document = byNumber(gone.number());
      } else {
        long newest = entries.getLong(2);
        InternalId id = InternalId.fromBytes(entries.getBytes(3));
        document =
            newest <= scan.atTimestamp()
                ? revision(id, newest, entries.getBytes(4), entries.getInt(6))
                : earlier(id, entries.getLong(5), scan.atTimestamp());
        nextEntry();
      }
      return document == null || key == null ? null : new IndexPage.Row(key, document);
    }

    private int compare(byte[] left, byte[] right) {
      int order = Arrays.compareUnsigned(left, right);
      return scan.descending() ? -order : order;
    }

    private @Nullable DocumentRevision byNumber(long number) throws SQLException {
      PreparedStatement statement =
          statement(13, "SELECT ts, id, value, log, sum FROM docs WHERE doc = ?");
      statement.setLong(1, number);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        long newest = row.getLong(1);
        InternalId id = InternalId.fromBytes(row.getBytes(2));
        return newest <= scan.atTimestamp()
            ? revision(id, newest, row.getBytes(3), row.getInt(5))
            : earlier(id, row.getLong(4), scan.atTimestamp());
      }
    }
  }

  // Statements are prepared when first needed; a scan has twelve shapes.

  private PreparedStatement entriesStatement(boolean descending, boolean bounded)
      throws SQLException {
    return scanStatement(
        0,
        descending,
        bounded,
        "SELECT i.key, d.ts, d.id, d.value, d.log, d.sum FROM idx i CROSS JOIN docs d ON d.doc ="
            + " i.doc WHERE i.idx = ?1 AND i.since_ts <= ?2 AND i.key >= ?3",
        " AND i.key < ?4",
        " ORDER BY i.key",
        "");
  }

  private PreparedStatement removedStatement(boolean descending, boolean bounded)
      throws SQLException {
    return scanStatement(
        1,
        descending,
        bounded,
        "SELECT key, doc FROM idx_old"
            + " WHERE idx = ?1 AND until_ts > ?2 AND since_ts <= ?2 AND key >= ?4",
        " AND key < ?5",
        " ORDER BY key",
        " LIMIT ?3");
  }

  private PreparedStatement tableStatement(boolean descending, boolean bounded)
      throws SQLException {
    return scanStatement(
        2,
        descending,
        bounded,
        "SELECT ts, id, value, log, sum FROM docs"
            + " WHERE tbl = ?1 AND id >= ?3 AND (ts > ?2 OR value IS NOT NULL)",
        " AND id < ?4",
        " ORDER BY id",
        "");
  }

  private PreparedStatement scanStatement(
      int kind,
      boolean descending,
      boolean bounded,
      String select,
      String bound,
      String order,
      String limit)
      throws SQLException {
    int slot = kind * 4 + (descending ? 2 : 0) + (bounded ? 1 : 0);
    PreparedStatement prepared = statements[slot];
    return prepared != null
        ? prepared
        : statement(
            slot, select + (bounded ? bound : "") + order + (descending ? " DESC" : "") + limit);
  }

  private PreparedStatement statement(int slot, String sql) throws SQLException {
    PreparedStatement prepared = statements[slot];
    if (prepared == null) {
      prepared = connection.prepareStatement(sql);
      statements[slot] = prepared;
    }
    return prepared;
  }

  /** Lets go of all statements, since the driver has finalized the one that failed. */
  private FreshetException failed(SQLException cause) {
    for (int i = 0; i < statements.length; i++) {
      PreparedStatement statement = statements[i];
      statements[i] = null;
      if (statement != null) {
        try {
          statement.close();
        } catch (SQLException e) {
          cause.addSuppressed(e);
        }
      }
    }
    return SqliteFailures.using("The database can't be read", cause);
  }

  /** Makes a reader that was given back usable again. */
  void lend() {
    lent = true;
  }

  @Override
  public void close() {
    if (lent) {
      lent = false;
      home.giveBack(this);
    }
  }

  void disconnect() throws SQLException {
    connection.close();
  }
}
