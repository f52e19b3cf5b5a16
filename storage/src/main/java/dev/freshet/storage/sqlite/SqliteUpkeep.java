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
  private static final long BYTES_PER_ROW = 16 << 10;

  private final Connection connection;

  /** Where to go on looking for historic entries to forget, as long as the bound is the same. */
  private long retainedIndex;

  private long retainedBefore;

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

  // The following remove rows, at most so many, and return how many they removed; a row with a
  // large
  // value counts as several.

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
    int cost = 0;
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT doc, length(value) FROM docs WHERE tbl = ? LIMIT ?");
        PreparedStatement delete = connection.prepareStatement("DELETE FROM docs WHERE doc = ?")) {
      select.setLong(1, table);
      select.setInt(2, atMost);
      List<Long> numbers = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (cost < atMost && rows.next()) {
          numbers.add(rows.getLong(1));
          cost += cost(rows.getLong(2));
        }
      }
      for (long number : numbers) {
        delete.setLong(1, number);
        delete.executeUpdate();
      }
    }
    return cost;
  }

  /** A large value takes as long to remove as many rows do. */
  private static int cost(long valueBytes) {
    return 1 + (int) (valueBytes / BYTES_PER_ROW);
  }

  int retain(long minSnapshot, long logUpTo, int atMost) throws SQLException {
    int removed = retainEntries(minSnapshot, atMost);
    // Entries go first: one that points to a document must not outlive it.
    return removed < atMost ? removed + retainLog(logUpTo, atMost - removed) : removed;
  }

  /** Goes round the indexes; a call takes up where the one before it ended. */
  private int retainEntries(long minSnapshot, int atMost) throws SQLException {
    if (minSnapshot != retainedBefore) {
      retainedBefore = minSnapshot;
      retainedIndex = 0;
    }
    int removed = 0;
    try (PreparedStatement next =
        connection.prepareStatement("SELECT min(idx) FROM idx_old WHERE idx >= ?")) {
      while (true) {
        next.setLong(1, retainedIndex);
        try (ResultSet found = next.executeQuery()) {
          found.next();
          retainedIndex = found.getLong(1);
          if (found.wasNull()) {
            retainedIndex = 0;
            return removed;
          }
        }
        removed += retainEntries(retainedIndex, minSnapshot, atMost - removed);
        if (removed >= atMost) {
          return removed;
        }
        retainedIndex++;
      }
    }
  }

  private int retainEntries(long index, long minSnapshot, int atMost) throws SQLException {
    long lastUntil;
    byte[] lastKey;
    try (PreparedStatement last =
        connection.prepareStatement(
            "SELECT until_ts, key FROM idx_old WHERE idx = ? AND until_ts <= ?"
                + " ORDER BY until_ts, key LIMIT 1 OFFSET ?")) {
      last.setLong(1, index);
      last.setLong(2, minSnapshot);
      last.setInt(3, atMost - 1);
      try (ResultSet found = last.executeQuery()) {
        if (!found.next()) {
          return update(
              "DELETE FROM idx_old WHERE idx = ?1 AND until_ts <= ?2", index, minSnapshot);
        }
        lastUntil = found.getLong(1);
        lastKey = found.getBytes(2);
      }
    }
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM idx_old WHERE idx = ? AND (until_ts, key) <= (?, ?)")) {
      delete.setLong(1, index);
      delete.setLong(2, lastUntil);
      delete.setBytes(3, lastKey);
      return delete.executeUpdate();
    }
  }

  /** Forgets the oldest log rows, and the tombstones whose deletion they tell of. */
  private int retainLog(long upTo, int atMost) throws SQLException {
    long last = 0;
    int cost = 0;
    try (PreparedStatement oldest =
        connection.prepareStatement(
            "SELECT seq, ts, length(prev_value), deleted FROM log ORDER BY seq LIMIT ?")) {
      oldest.setInt(1, atMost);
      try (ResultSet rows = oldest.executeQuery()) {
        while (cost < atMost && rows.next() && rows.getLong(2) <= upTo) {
          int more = cost(rows.getLong(3)) + rows.getInt(4);
          boolean fits = cost == 0 || cost + more <= atMost;
          cost = fits ? cost + more : atMost; // what doesn't fit is left for the next time
          last = fits ? rows.getLong(1) : last;
        }
      }
    }
    if (cost > 0) {
      update(
          "DELETE FROM docs WHERE value IS NULL AND (doc, log) IN"
              + " (SELECT doc, seq FROM log WHERE seq <= ?1 AND deleted = 1)",
          last);
      update("DELETE FROM log WHERE seq <= ?1", last);
    }
    return cost;
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
