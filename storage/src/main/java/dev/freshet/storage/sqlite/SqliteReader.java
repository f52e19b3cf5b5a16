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
import org.jspecify.annotations.Nullable;

/**
 * Reads as of a timestamp over the layout that {@link SqliteWriter} describes. A page is read in
 * one SQLite transaction, which is over when the page is returned. A single document needs none:
 * its row is read by one statement, and the log rows that lead from there into the past never
 * change.
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
  private final PreparedStatement begin;
  private final PreparedStatement end;
  private final PreparedStatement documentById;
  private final PreparedStatement documentByNumber;
  private final PreparedStatement superseded;
  private final @Nullable PreparedStatement[] scans = new PreparedStatement[12];
  private boolean lent = true;

  SqliteReader(Connection connection, Home home) throws SQLException {
    this.connection = connection;
    this.home = home;
    begin = connection.prepareStatement("BEGIN");
    end = connection.prepareStatement("COMMIT");
    documentById =
        connection.prepareStatement("SELECT ts, doc, value FROM docs WHERE tbl = ? AND id = ?");
    documentByNumber = connection.prepareStatement("SELECT ts, id, value FROM docs WHERE doc = ?");
    superseded =
        connection.prepareStatement("SELECT prev_ts, prev_value FROM log WHERE ts = ? AND doc = ?");
  }

  @Override
  public @Nullable DocumentRevision document(long table, InternalId id, long atTimestamp) {
    try {
      long newest;
      long number;
      documentById.setLong(1, table);
      documentById.setBytes(2, id.toBytes());
      try (ResultSet row = documentById.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        newest = row.getLong(1);
        if (newest <= atTimestamp) {
          byte[] value = row.getBytes(3);
          return value == null ? null : new DocumentRevision(id, newest, value);
        }
        number = row.getLong(2);
      }
      return earlier(id, number, newest, atTimestamp);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public IndexPage scan(IndexScan scan) {
    boolean bounded = scan.end() != null;
    return inTransaction(
        () -> {
          ArrayDeque<RemovedEntry> removed = removedEntries(scan, bounded);
          PreparedStatement statement = entriesStatement(scan.descending(), bounded);
          statement.setLong(1, scan.index());
          statement.setLong(2, scan.atTimestamp());
          statement.setBytes(3, scan.start());
          if (bounded) {
            statement.setBytes(4, scan.end());
          }
          try (ResultSet entries = statement.executeQuery()) {
            return new EntryMerge(entries, removed, scan).page();
          }
        });
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
    return inTransaction(
        () -> {
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
        });
  }

  private TablePage tablePage(ResultSet rows, TableScan scan) throws SQLException {
    List<DocumentRevision> page = new ArrayList<>(Math.min(scan.maxRows(), USUAL_ROWS));
    long bytes = 0;
    while (rows.next()) {
      long newest = rows.getLong(1);
      InternalId id = InternalId.fromBytes(rows.getBytes(2));
      DocumentRevision revision =
          newest <= scan.atTimestamp()
              ? new DocumentRevision(id, newest, rows.getBytes(3))
              : earlier(id, rows.getLong(4), newest, scan.atTimestamp());
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

  /** Follows the log from the revision at {@code timestamp} to the one that counts. */
  private @Nullable DocumentRevision earlier(
      InternalId id, long number, long timestamp, long atTimestamp) throws SQLException {
    long before = timestamp;
    while (true) {
      superseded.setLong(1, before);
      superseded.setLong(2, number);
      try (ResultSet row = superseded.executeQuery()) {
        if (!row.next()) {
          throw new FreshetException(
              ErrorClass.OUT_OF_RETENTION,
              "SnapshotOutOfRetention",
              "The snapshot at " + atTimestamp + " is no longer kept");
        }
        before = row.getLong(1);
        if (before <= atTimestamp) {
          byte[] value = before == 0 ? null : row.getBytes(2);
          return value == null ? null : new DocumentRevision(id, before, value);
        }
      }
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
      DocumentRevision document;
      if (key == null || (gone != null && isBefore(gone.key(), key))) {
        RemovedEntry taken = removed.remove();
        key = taken.key();
        document = byNumber(taken.number());
      } else {
        long newest = entries.getLong(2);
        InternalId id = InternalId.fromBytes(entries.getBytes(3));
        document =
            newest <= scan.atTimestamp()
                ? new DocumentRevision(id, newest, entries.getBytes(4))
                : earlier(id, entries.getLong(5), newest, scan.atTimestamp());
        nextEntry();
      }
      return document == null ? null : new IndexPage.Row(key, document);
    }

    private boolean isBefore(byte[] left, byte[] right) {
      int order = Arrays.compareUnsigned(left, right);
      return scan.descending() ? order > 0 : order < 0;
    }

    private @Nullable DocumentRevision byNumber(long number) throws SQLException {
      documentByNumber.setLong(1, number);
      try (ResultSet row = documentByNumber.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        long newest = row.getLong(1);
        InternalId id = InternalId.fromBytes(row.getBytes(2));
        return newest <= scan.atTimestamp()
            ? new DocumentRevision(id, newest, row.getBytes(3))
            : earlier(id, number, newest, scan.atTimestamp());
      }
    }
  }

  // Statements of the twelve shapes of a scan, prepared when first needed.

  private PreparedStatement entriesStatement(boolean descending, boolean bounded)
      throws SQLException {
    return statement(
        0,
        descending,
        bounded,
        "SELECT i.key, d.ts, d.id, d.value, d.doc FROM idx i CROSS JOIN docs d ON d.doc = i.doc"
            + " WHERE i.idx = ?1 AND i.since_ts <= ?2 AND i.key >= ?3",
        " AND i.key < ?4",
        " ORDER BY i.key",
        "");
  }

  private PreparedStatement removedStatement(boolean descending, boolean bounded)
      throws SQLException {
    return statement(
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
    return statement(
        2,
        descending,
        bounded,
        "SELECT ts, id, value, doc FROM docs"
            + " WHERE tbl = ?1 AND id >= ?3 AND (ts > ?2 OR value IS NOT NULL)",
        " AND id < ?4",
        " ORDER BY id",
        "");
  }

  private PreparedStatement statement(
      int kind,
      boolean descending,
      boolean bounded,
      String select,
      String bound,
      String order,
      String limit)
      throws SQLException {
    int slot = kind * 4 + (descending ? 2 : 0) + (bounded ? 1 : 0);
    PreparedStatement prepared = scans[slot];
    if (prepared == null) {
      prepared =
          connection.prepareStatement(
              select + (bounded ? bound : "") + order + (descending ? " DESC" : "") + limit);
      scans[slot] = prepared;
    }
    return prepared;
  }

  private interface Read<T> {
    T run() throws SQLException;
  }

  private <T> T inTransaction(Read<T> read) {
    try {
      begin.execute();
      try {
        return read.run();
      } finally {
        end.execute();
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private static FreshetException failed(SQLException cause) {
    return FreshetException.internal("The database can't be read: " + cause.getMessage(), cause);
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
