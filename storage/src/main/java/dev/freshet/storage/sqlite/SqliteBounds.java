package dev.freshet.storage.sqlite;

import dev.freshet.storage.RetentionBounds;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The timestamps between which the file's history lies, as {@code globals} for whoever checks it.
 *
 * <p>The largest timestamp isn't written by every commit, which would cost each of them a page:
 * what is written is a ceiling that lies ahead of the commits, moved on by the first commit above
 * it and set to the exact value by an orderly close.
 */
final class SqliteBounds {
  /** No commit has a larger timestamp. */
  static final String MAX_TIMESTAMP = "max_timestamp";

  /** Every revision and entry that a snapshot from this one on can see is there. */
  static final String RETAINED_FROM = "retained_from";

  /** Every revision that a commit after this timestamp replaced is in the log. */
  static final String REVISIONS_FROM = "revisions_from";

  /** Written for the sake of writing after a commit that failed, see {@link SqliteWriter}. */
  static final String SETTLED = "settled";

  private static final long AHEAD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private SqliteBounds() {}

  /** The ceiling to record together with a commit. */
  static long ceiling(long recorded, long timestamp) {
    if (timestamp <= recorded) {
      return recorded;
    }
    return timestamp > Long.MAX_VALUE - AHEAD_NANOS ? Long.MAX_VALUE : timestamp + AHEAD_NANOS;
  }

  static RetentionBounds retained(Connection connection) throws SQLException {
    return new RetentionBounds(read(connection, RETAINED_FROM), read(connection, REVISIONS_FROM));
  }

  static void write(Connection connection, RetentionBounds bounds) throws SQLException {
    write(connection, RETAINED_FROM, bounds.minSnapshot());
    write(connection, REVISIONS_FROM, bounds.minRevision());
  }

  /**
   * 0 if there is none.
   *
   * @throws SQLiteException {@code SQLITE_CORRUPT} if it is no number
   */
  static long read(Connection connection, String name) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT value FROM globals WHERE name = ?")) {
      select.setString(1, name);
      try (ResultSet found = select.executeQuery()) {
        if (!found.next()) {
          return 0;
        }
        byte @Nullable [] value = found.getBytes(1);
        if (value == null || value.length != Long.BYTES) {
          throw new SQLiteException(
              "the global value " + name + " is no number", SQLiteErrorCode.SQLITE_CORRUPT);
        }
        return ByteBuffer.wrap(value).getLong();
      }
    }
  }

  static void write(Connection connection, String name, long value) throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO globals(name, value) VALUES(?, ?)"
                + " ON CONFLICT(name) DO UPDATE SET value = excluded.value")) {
      upsert.setString(1, name);
      upsert.setBytes(2, ByteBuffer.allocate(Long.BYTES).putLong(value).array());
      upsert.executeUpdate();
    }
  }
}
