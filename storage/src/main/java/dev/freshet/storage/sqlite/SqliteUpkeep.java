package dev.freshet.storage.sqlite;

import dev.freshet.storage.IndexEntry;
import dev.freshet.values.InternalId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the file besides commits: building and purging indexes, retention, globals. Works
 * inside the transactions of {@link SqliteWriter}, in batches, with statements of its own.
 */
final class SqliteUpkeep {
  private final Connection connection;

  SqliteUpkeep(Connection connection) {
    this.connection = connection;
  }

  /** Adds entries whose revision is the newest of its document; returns the other documents. */
  List<InternalId> backfill(long index, long table, List<IndexEntry> entries) throws SQLException {
    List<InternalId> outdated = new ArrayList<>();
    try (PreparedStatement find =
            connection.prepareStatement(
                "SELECT doc FROM docs WHERE tbl = ? AND id = ? AND ts = ? AND value IS NOT NULL");
        PreparedStatement add =
            connection.prepareStatement(
                "INSERT OR IGNORE INTO idx(idx, key, since_ts, doc) VALUES(?, ?, ?, ?)")) {
      for (IndexEntry entry : entries) {
        find.setLong(1, table);
        find.setBytes(2, entry.id().toBytes());
        find.setLong(3, entry.sinceTimestamp());
        try (ResultSet found = find.executeQuery()) {
          if (!found.next()) {
            outdated.add(entry.id());
            continue;
          }
          add.setLong(4, found.getLong(1));
        }
        add.setLong(1, index);
        add.setBytes(2, entry.key());
        add.setLong(3, entry.sinceTimestamp());
        add.executeUpdate();
      }
    }
    return List.copyOf(outdated);
  }

  // The following remove rows, at most so many, and return how many they removed.

  int purgeIndex(long index, int atMost) throws SQLException {
    int removed =
        update(
            "DELETE FROM idx WHERE idx = ?1 AND key IN"
                + " (SELECT key FROM idx WHERE idx = ?1 LIMIT ?2)",
            index,
            atMost);
    if (removed < atMost) {
      removed +=
          update(
              "DELETE FROM idx_old WHERE (idx, until_ts, key) IN"
                  + " (SELECT idx, until_ts, key FROM idx_old WHERE idx = ?1 LIMIT ?2)",
              index,
              atMost - removed);
    }
    return removed;
  }

  int purgeTable(long table, int atMost) throws SQLException {
    return update(
        "DELETE FROM docs WHERE doc IN (SELECT doc FROM docs WHERE tbl = ?1 LIMIT ?2)",
        table,
        atMost);
  }

  int retain(long minTimestamp, long logUpTo, int atMost) throws SQLException {
    int removed = retainEntries(minTimestamp, atMost);
    return removed < atMost ? removed + retainLog(logUpTo, atMost - removed) : removed;
  }

  private int retainEntries(long minTimestamp, int atMost) throws SQLException {
    int removed = 0;
    try (PreparedStatement nextIndex =
        connection.prepareStatement("SELECT idx FROM idx_old WHERE idx > ? ORDER BY idx LIMIT 1")) {
      long index = 0;
      while (removed < atMost) {
        nextIndex.setLong(1, index);
        try (ResultSet found = nextIndex.executeQuery()) {
          if (!found.next()) {
            break;
          }
          index = found.getLong(1);
        }
        removed +=
            update(
                "DELETE FROM idx_old WHERE (idx, until_ts, key) IN (SELECT idx, until_ts, key"
                    + " FROM idx_old WHERE idx = ?1 AND until_ts <= ?3 LIMIT ?2)",
                index,
                atMost - removed,
                minTimestamp);
      }
    }
    return removed;
  }

  /** Forgets the oldest log rows, and the tombstones whose deletion they tell of. */
  private int retainLog(long upTo, int atMost) throws SQLException {
    String oldest = "(SELECT seq, ts, doc, deleted FROM log ORDER BY seq LIMIT ?2) WHERE ts <= ?1";
    update(
        "DELETE FROM docs WHERE value IS NULL AND (doc, log) IN (SELECT doc, seq FROM "
            + oldest
            + " AND deleted = 1)",
        upTo,
        atMost);
    return update("DELETE FROM log WHERE seq IN (SELECT seq FROM " + oldest + ")", upTo, atMost);
  }

  private int update(String sql, long... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setLong(i + 1, parameters[i]);
      }
      return statement.executeUpdate();
    }
  }

  byte @Nullable [] global(String name) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT value FROM globals WHERE name = ?")) {
      select.setString(1, name);
      try (ResultSet found = select.executeQuery()) {
        return found.next() ? found.getBytes(1) : null;
      }
    }
  }

  void putGlobal(String name, byte[] value) throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO globals(name, value) VALUES(?, ?)"
                + " ON CONFLICT(name) DO UPDATE SET value = excluded.value")) {
      upsert.setString(1, name);
      upsert.setBytes(2, value);
      upsert.executeUpdate();
    }
  }
}
