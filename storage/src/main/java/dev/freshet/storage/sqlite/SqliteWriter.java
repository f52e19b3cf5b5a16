package dev.freshet.storage.sqlite;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.UnsureWriteException;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/**
 * Everything that changes the file, on the one writing connection. Not thread-safe: {@link
 * SqlitePersistence} lets one thread in at a time.
 *
 * <p><b>Layout.</b> Current state lives apart from history, so that reads of the newest snapshot
 * never walk over history.
 *
 * <ul>
 *   <li>{@code docs}: the newest revision of each document, under a number ({@code doc}) given in
 *       the order of insertion, with an index from (table, id) to the number. Numbers keep
 *       documents that were created together next to each other, while their ids are random. A
 *       deleted document keeps its row with no value (a tombstone) until {@link #retain}.
 *   <li>{@code log}: one row for each document write, (ts, doc) with the revision it superseded. It
 *       is the commit log and the history in one, and only ever grows at its end.
 *   <li>{@code idx}: the current entries, (index, key) → doc, with the commit that added it.
 *   <li>{@code idx_old}: (index, until, key): entries that a commit at {@code until} removed.
 * </ul>
 *
 * <p><b>As of a timestamp.</b> A document's revision at {@code at}: start with the row of {@code
 * docs}; while its timestamp T is larger than {@code at}, follow {@code log(T, doc)} to the one
 * before. An entry is present at {@code at} if it is in {@code idx} with since ≤ at, or in {@code
 * idx_old} with since ≤ at &lt; until; never in both for one key.
 *
 * <p><b>States.</b> A failed statement rolls the transaction back and leaves the writer usable. A
 * failed COMMIT or ROLLBACK leaves open what is in the log file, so the writer refuses all further
 * work.
 */
final class SqliteWriter implements AutoCloseable {
  /** Where a linear search for a document of the same commit ends and a map begins. */
  private static final int SMALL_COMMIT = 16;

  private final Connection connection;
  private final PreparedStatement begin;
  private final PreparedStatement commit;
  private final PreparedStatement rollback;
  private final PreparedStatement insertDocument;
  private final PreparedStatement findDocument;
  private final PreparedStatement updateDocument;
  private final PreparedStatement logInsertion;
  private final PreparedStatement logSuperseded;
  private final PreparedStatement insertEntry;
  private final PreparedStatement keepEntry;
  private final PreparedStatement deleteEntry;

  private long nextNumber;
  private long maxTimestamp;
  private @Nullable Throwable broken;

  SqliteWriter(SqliteFile file) throws SQLException {
    connection = file.openWriter();
    try {
      nextNumber = SqliteFile.number(connection, "SELECT max(doc) FROM docs") + 1;
      maxTimestamp = SqliteFile.number(connection, "SELECT max(ts) FROM log");
      begin = connection.prepareStatement("BEGIN IMMEDIATE");
      commit = connection.prepareStatement("COMMIT");
      rollback = connection.prepareStatement("ROLLBACK");
      insertDocument =
          connection.prepareStatement(
              "INSERT INTO docs(doc, tbl, id, ts, value) VALUES(?, ?, ?, ?, ?)"
                  + " ON CONFLICT(tbl, id) DO NOTHING");
      findDocument =
          connection.prepareStatement(
              "SELECT doc, ts, value IS NULL FROM docs WHERE tbl = ? AND id = ?");
      updateDocument =
          connection.prepareStatement("UPDATE docs SET ts = ?, value = ? WHERE doc = ?");
      logInsertion =
          connection.prepareStatement(
              "INSERT INTO log(ts, doc, deleted, prev_ts, prev_value) VALUES(?, ?, 0, 0, NULL)");
      logSuperseded =
          connection.prepareStatement(
              "INSERT INTO log(ts, doc, deleted, prev_ts, prev_value)"
                  + " SELECT ?, doc, ?, ts, value FROM docs WHERE doc = ?");
      insertEntry =
          connection.prepareStatement(
              "INSERT INTO idx(idx, key, since_ts, doc) VALUES(?, ?, ?, ?)");
      keepEntry =
          connection.prepareStatement(
              "INSERT INTO idx_old(idx, until_ts, key, since_ts, doc)"
                  + " SELECT idx, ?, key, since_ts, doc FROM idx WHERE idx = ? AND key = ?");
      deleteEntry = connection.prepareStatement("DELETE FROM idx WHERE idx = ? AND key = ?");
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  long maxTimestamp() {
    return maxTimestamp;
  }

  void commit(List<CommitRecord> group) {
    long numberBefore = nextNumber;
    long newest = maxTimestamp;
    try {
      long last =
          inTransaction(
              () -> {
                long previous = maxTimestamp;
                for (CommitRecord record : group) {
                  require(
                      record.timestamp() > previous, "Commits out of order", record.timestamp());
                  previous = record.timestamp();
                  write(record);
                }
                return previous;
              });
      newest = last;
    } catch (FreshetException e) {
      nextNumber = numberBefore;
      throw e;
    }
    maxTimestamp = newest;
  }

  private void write(CommitRecord record) throws SQLException {
    List<DocumentWrite> documents = record.documents();
    long[] numbers = new long[documents.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = write(record.timestamp(), documents.get(i));
    }
    DocumentNumbers known = new DocumentNumbers(documents, numbers);
    List<IndexWrite> indexes = record.indexes();
    for (int i = 0; i < indexes.size(); i++) {
      IndexWrite entry = indexes.get(i);
      if (entry.present()) {
        insertEntry.setLong(1, entry.index());
        insertEntry.setBytes(2, entry.key());
        insertEntry.setLong(3, record.timestamp());
        insertEntry.setLong(4, known.of(entry));
        insertEntry.executeUpdate();
      } else {
        removeEntry(record.timestamp(), entry);
      }
    }
  }

  /** Writes one revision and returns its document's number. */
  private long write(long timestamp, DocumentWrite write) throws SQLException {
    byte[] id = write.id().toBytes();
    if (write.previousTimestamp() == 0) {
      require(write.value() != null, "Deletion of a document that doesn't exist", timestamp);
      long number = nextNumber;
      insertDocument.setLong(1, number);
      insertDocument.setLong(2, write.table());
      insertDocument.setBytes(3, id);
      insertDocument.setLong(4, timestamp);
      insertDocument.setBytes(5, write.value());
      if (insertDocument.executeUpdate() == 1) {
        nextNumber = number + 1;
        logInsertion.setLong(1, timestamp);
        logInsertion.setLong(2, number);
        logInsertion.executeUpdate();
        return number;
      }
    }
    long number = supersede(timestamp, write, id);
    updateDocument.setLong(1, timestamp);
    updateDocument.setBytes(2, write.value());
    updateDocument.setLong(3, number);
    updateDocument.executeUpdate();
    return number;
  }

  /** Copies the newest revision to the log after checking that it is the one the write replaces. */
  private long supersede(long timestamp, DocumentWrite write, byte[] id) throws SQLException {
    long number;
    findDocument.setLong(1, write.table());
    findDocument.setBytes(2, id);
    try (ResultSet found = findDocument.executeQuery()) {
      require(found.next(), "Update of a document that doesn't exist", timestamp);
      number = found.getLong(1);
      boolean deleted = found.getInt(3) != 0;
      long previous = deleted ? 0 : found.getLong(2);
      require(previous == write.previousTimestamp(), "Update of another revision", timestamp);
    }
    logSuperseded.setLong(1, timestamp);
    logSuperseded.setInt(2, write.value() == null ? 1 : 0);
    logSuperseded.setLong(3, number);
    logSuperseded.executeUpdate();
    return number;
  }

  private void removeEntry(long timestamp, IndexWrite entry) throws SQLException {
    keepEntry.setLong(1, timestamp);
    keepEntry.setLong(2, entry.index());
    keepEntry.setBytes(3, entry.key());
    if (keepEntry.executeUpdate() == 0) {
      return; // An index being built may not have the entry yet.
    }
    deleteEntry.setLong(1, entry.index());
    deleteEntry.setBytes(2, entry.key());
    deleteEntry.executeUpdate();
  }

  List<InternalId> backfill(long index, long table, List<IndexEntry> entries) {
    return inTransaction(
        () -> {
          List<InternalId> outdated = new ArrayList<>();
          try (PreparedStatement add =
              connection.prepareStatement(
                  "INSERT OR IGNORE INTO idx(idx, key, since_ts, doc) VALUES(?, ?, ?, ?)")) {
            for (IndexEntry entry : entries) {
              findDocument.setLong(1, table);
              findDocument.setBytes(2, entry.id().toBytes());
              long number = 0;
              try (ResultSet found = findDocument.executeQuery()) {
                if (found.next()
                    && found.getInt(3) == 0
                    && found.getLong(2) == entry.sinceTimestamp()) {
                  number = found.getLong(1);
                }
              }
              if (number == 0) {
                outdated.add(entry.id());
                continue;
              }
              add.setLong(1, index);
              add.setBytes(2, entry.key());
              add.setLong(3, entry.sinceTimestamp());
              add.setLong(4, number);
              add.executeUpdate();
            }
          }
          return List.copyOf(outdated);
        });
  }

  boolean purgeIndex(long index, int atMost) {
    return inTransaction(
        () -> {
          int removed =
              delete(
                  "DELETE FROM idx WHERE idx = ?1 AND key IN"
                      + " (SELECT key FROM idx WHERE idx = ?1 LIMIT ?2)",
                  index,
                  atMost);
          if (removed < atMost) {
            removed +=
                delete(
                    "DELETE FROM idx_old WHERE (idx, until_ts, key) IN"
                        + " (SELECT idx, until_ts, key FROM idx_old WHERE idx = ?1 LIMIT ?2)",
                    index,
                    atMost - removed);
          }
          return removed >= atMost;
        });
  }

  boolean purgeTable(long table, int atMost) {
    return inTransaction(
        () ->
            delete(
                    "DELETE FROM docs WHERE doc IN"
                        + " (SELECT doc FROM docs WHERE tbl = ?1 LIMIT ?2)",
                    table,
                    atMost)
                >= atMost);
  }

  boolean retain(long minTimestamp, int atMost) {
    return inTransaction(
        () -> {
          int left = atMost - retainEntries(minTimestamp, atMost);
          if (left > 0) {
            left -= retainLog(minTimestamp, left);
          }
          return left <= 0;
        });
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
            delete(
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
  private int retainLog(long minTimestamp, int atMost) throws SQLException {
    // The newest commit's rows stay: they tell the largest timestamp.
    long upTo = Math.min(minTimestamp, maxTimestamp - 1);
    delete(
        "DELETE FROM docs WHERE value IS NULL AND (doc, ts) IN (SELECT doc, ts FROM"
            + " (SELECT doc, ts, deleted FROM log WHERE ts <= ?1 ORDER BY ts, doc LIMIT ?2)"
            + " WHERE deleted = 1)",
        upTo,
        atMost);
    return delete(
        "DELETE FROM log WHERE (ts, doc) IN"
            + " (SELECT ts, doc FROM log WHERE ts <= ?1 ORDER BY ts, doc LIMIT ?2)",
        upTo,
        atMost);
  }

  private int delete(String sql, long... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setLong(i + 1, parameters[i]);
      }
      return statement.executeUpdate();
    }
  }

  byte @Nullable [] global(String name) {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT value FROM globals WHERE name = ?")) {
      select.setString(1, name);
      try (ResultSet found = select.executeQuery()) {
        return found.next() ? found.getBytes(1) : null;
      }
    } catch (SQLException e) {
      throw FreshetException.internal("Can't read the global value " + name, e);
    }
  }

  void putGlobal(String name, byte[] value) {
    inTransaction(
        () -> {
          try (PreparedStatement upsert =
              connection.prepareStatement(
                  "INSERT INTO globals(name, value) VALUES(?, ?)"
                      + " ON CONFLICT(name) DO UPDATE SET value = excluded.value")) {
            upsert.setString(1, name);
            upsert.setBytes(2, value);
            return upsert.executeUpdate();
          }
        });
  }

  private interface Work<T> {
    T run() throws SQLException;
  }

  private <T> T inTransaction(Work<T> work) {
    if (broken != null) {
      throw FreshetException.internal(
          "The database takes no writes after a commit of unknown outcome; restart the server",
          broken);
    }
    T result;
    try {
      begin.execute();
      result = work.run();
    } catch (SQLException | RuntimeException e) {
      rollBack(e);
      if (e instanceof FreshetException failure) {
        throw failure;
      }
      throw FreshetException.internal("The database can't be written: " + e.getMessage(), e);
    }
    try {
      commitTransaction();
    } catch (SQLException e) {
      broken = e;
      throw new UnsureWriteException(
          "It is not known whether a write to the database took effect: " + e.getMessage(), e);
    }
    return result;
  }

  /** On its own so that a test can let it fail. */
  void commitTransaction() throws SQLException {
    commit.execute();
  }

  private void rollBack(Exception cause) {
    try {
      rollback.execute();
    } catch (SQLException e) {
      // After some failures SQLite has ended the transaction itself, and says so with its plain
      // error code; anything else is a transaction that is still there.
      if (e.getErrorCode() != SQLiteErrorCode.SQLITE_ERROR.code) {
        cause.addSuppressed(e);
        broken = cause;
      }
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  private static void require(boolean condition, String failure, long timestamp) {
    if (!condition) {
      throw FreshetException.internal(failure + " in the commit at " + timestamp, null);
    }
  }

  /** Finds the number of a document that the same commit writes. */
  private static final class DocumentNumbers {
    private final List<DocumentWrite> documents;
    private final long[] numbers;
    private int last;
    private @Nullable Map<Key, Long> map;

    private record Key(long table, InternalId id) {}

    DocumentNumbers(List<DocumentWrite> documents, long[] numbers) {
      this.documents = documents;
      this.numbers = numbers;
    }

    long of(IndexWrite entry) {
      // Entries usually come in the order of the documents.
      int searched = Math.min(numbers.length, SMALL_COMMIT);
      for (int i = 0; i < searched; i++) {
        int candidate = (last + i) % numbers.length;
        if (matches(documents.get(candidate), entry)) {
          last = candidate;
          return numbers[candidate];
        }
      }
      if (searched < numbers.length) {
        Long number = map().get(new Key(entry.table(), entry.id()));
        if (number != null) {
          return number;
        }
      }
      throw FreshetException.internal(
          "An entry of index " + entry.index() + " points to a document its commit doesn't write",
          null);
    }

    private Map<Key, Long> map() {
      Map<Key, Long> known = map;
      if (known == null) {
        known = HashMap.newHashMap(numbers.length);
        for (int i = 0; i < numbers.length; i++) {
          known.put(new Key(documents.get(i).table(), documents.get(i).id()), numbers[i]);
        }
        map = known;
      }
      return known;
    }

    private static boolean matches(DocumentWrite document, IndexWrite entry) {
      return document.table() == entry.table() && document.id().equals(entry.id());
    }
  }
}
