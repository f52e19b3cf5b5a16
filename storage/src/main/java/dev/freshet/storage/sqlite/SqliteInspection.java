package dev.freshet.storage.sqlite;

import dev.freshet.storage.Finding;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.StoreSizes;
import dev.freshet.values.FreshetException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@link StoreInspection} of a file with the layout that {@link SqliteWriter} describes: one
 * connection that can't write, in one read transaction from beginning to end. A server that writes
 * meanwhile isn't held up, but its write-ahead log can't start anew before this is closed.
 */
public final class SqliteInspection implements StoreInspection {
  /** Only damage brings forth a row without a key. */
  private static final byte[] NO_KEY = {};

  private final Path file;
  private final Connection connection;
  private final long maxTimestamp;
  private final RetentionBounds retained;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  private SqliteInspection(Path file, Connection connection) throws SQLException {
    this.file = file;
    this.connection = connection;
    maxTimestamp = SqliteFile.number(connection, "SELECT ts FROM log ORDER BY seq DESC LIMIT 1");
    long snapshot = SqliteBounds.read(connection, SqliteBounds.RETAINED_FROM);
    long revision = SqliteBounds.read(connection, SqliteBounds.REVISIONS_FROM);
    retained = new RetentionBounds(snapshot, Math.min(snapshot, revision));
  }

  /**
   * Opens a database file, which may be in use.
   *
   * @throws FreshetException {@code DatabaseDamaged}, {@code DataDirectoryInvalid}, {@code
   *     DataDirectoryTooNew}, {@code DataDirectoryTooOld}
   */
  public static SqliteInspection open(Path file) {
    Connection connection = null;
    try {
      connection = new SqliteFile(file, Durability.FULL).openInspector();
      SqliteFile.run(connection, "BEGIN");
      SqliteInspection opened = new SqliteInspection(file, connection);
      connection = null;
      return opened;
    } catch (SQLException e) {
      throw SqliteFailures.opening(file, e);
    } finally {
      if (connection != null) {
        closeQuietly(connection);
      }
    }
  }

  @Override
  public long maxTimestamp() {
    return maxTimestamp;
  }

  @Override
  public RetentionBounds retained() {
    return retained;
  }

  @Override
  public byte @Nullable [] global(String name) {
    return read(
        () -> {
          PreparedStatement select = statement("SELECT value FROM globals WHERE name = ?");
          select.setString(1, name);
          try (ResultSet row = select.executeQuery()) {
            return row.next() ? row.getBytes(1) : null;
          }
        });
  }

  @Override
  public StoreSizes sizes(Progress progress) {
    return read(() -> new SqliteSizes(file, connection, retained, progress).read());
  }

  @Override
  public void check(Consumer<Finding> findings, Progress progress) {
    new SqliteFileCheck(connection, findings).check(progress);
    read(
        () -> {
          new SqliteLogCheck(connection, retained, findings).check(progress);
          return true;
        });
  }

  @Override
  public void walk(RevisionVisitor visitor, Consumer<Finding> findings, Progress progress) {
    read(
        () -> {
          new SqliteRevisions(connection, maxTimestamp, retained.minRevision(), findings)
              .walk(visitor, progress);
          return true;
        });
  }

  @Override
  public void walkTable(long table, RevisionVisitor visitor) {
    read(
        () -> {
          new SqliteRevisions(connection, maxTimestamp, retained.minRevision(), _ -> {})
              .walkTable(table, visitor);
          return true;
        });
  }

  @Override
  public void walkDocument(long number, RevisionVisitor visitor) {
    read(
        () -> {
          new SqliteRevisions(connection, maxTimestamp, retained.minRevision(), _ -> {})
              .walkDocument(number, visitor);
          return true;
        });
  }

  @Override
  public @Nullable Entry entry(long index, byte[] key) {
    return read(
        () -> {
          PreparedStatement select =
              statement("SELECT key, since_ts, 0, doc FROM idx WHERE idx = ? AND key = ?");
          select.setLong(1, index);
          select.setBytes(2, key);
          return first(select);
        });
  }

  @Override
  public void entries(long index, Consumer<Entry> visitor) {
    read(
        () -> {
          PreparedStatement select =
              statement("SELECT key, since_ts, 0, doc FROM idx WHERE idx = ? ORDER BY key");
          select.setLong(1, index);
          return each(select, visitor);
        });
  }

  @Override
  public long removedEntryCount(long index, long afterTimestamp) {
    return read(
        () -> {
          PreparedStatement count =
              statement("SELECT count(*) FROM idx_old WHERE idx = ? AND until_ts > ?");
          count.setLong(1, index);
          count.setLong(2, afterTimestamp);
          return number(count);
        });
  }

  @Override
  public @Nullable Entry removedEntry(long index, long untilTimestamp, byte[] key) {
    return read(
        () -> {
          PreparedStatement select =
              statement(
                  "SELECT key, since_ts, until_ts, doc FROM idx_old"
                      + " WHERE idx = ? AND until_ts = ? AND key = ?");
          select.setLong(1, index);
          select.setLong(2, untilTimestamp);
          select.setBytes(3, key);
          return first(select);
        });
  }

  @Override
  public void removedEntries(long index, long afterTimestamp, Consumer<Entry> visitor) {
    read(
        () -> {
          PreparedStatement select =
              statement(
                  "SELECT key, since_ts, until_ts, doc FROM idx_old"
                      + " WHERE idx = ? AND until_ts > ? ORDER BY until_ts, key");
          select.setLong(1, index);
          select.setLong(2, afterTimestamp);
          return each(select, visitor);
        });
  }

  private static long number(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private static @Nullable Entry first(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? entry(row) : null;
    }
  }

  private static boolean each(PreparedStatement select, Consumer<Entry> visitor)
      throws SQLException {
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        visitor.accept(entry(rows));
      }
      return true;
    }
  }

  private static Entry entry(ResultSet row) throws SQLException {
    byte @Nullable [] key = row.getBytes(1);
    return new Entry(key == null ? NO_KEY : key, row.getLong(2), row.getLong(3), row.getLong(4));
  }

  private PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement known = statements.get(sql);
    if (known == null) {
      known = connection.prepareStatement(sql);
      statements.put(sql, known);
    }
    return known;
  }

  private interface Read<T extends @Nullable Object> {
    T run() throws SQLException;
  }

  private <T extends @Nullable Object> T read(Read<T> read) {
    try {
      return read.run();
    } catch (SQLException e) {
      throw SqliteFailures.opening(file, e);
    }
  }

  @Override
  public void close() {
    closeQuietly(connection);
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      throw FreshetException.internal("Can't close a connection to the database", e);
    }
  }
}
