package dev.freshet.storage.sqlite;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.UnsureWriteException;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
 *   <li>{@code log}: one row for each document write in the order of commits, with the revision it
 *       superseded. It is the commit log and the history in one, and only ever grows at its end.
 *       Each revision knows the log row of its own write ({@code log}, {@code prev_log}).
 *   <li>{@code idx}: the current entries, (index, key) → doc, with the commit that added it.
 *   <li>{@code idx_old}: (index, until, key): entries that a commit at {@code until} removed.
 * </ul>
 *
 * <p>Each value has its {@link ValueSum} beside it ({@code sum}, {@code prev_sum}).
 *
 * <p><b>As of a timestamp.</b> A document's revision at {@code at}: start with the row of {@code
 * docs}; while its timestamp is larger than {@code at}, follow its log row to the one before. An
 * entry is present at {@code at} if it is in {@code idx} with since ≤ at, or in {@code idx_old}
 * with since ≤ at &lt; until; never in both for one key.
 *
 * <p><b>States.</b> A failed statement rolls the transaction back and leaves the writer usable.
 * After a failed COMMIT the truth is established before anybody is told (see {@link #settle}); if
 * that fails too, as after a failed ROLLBACK, it is open what a restart will find in the log file,
 * so the writer refuses all further work.
 */
class SqliteWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteWriter.class);

  final Connection connection;
  private final Durability durability;
  private final SqliteUpkeep upkeep;
  private CommitStatements sql;

  private long nextNumber;
  private long nextSequence;
  private long maxTimestamp;

  /** What the file says about the largest timestamp, see {@link SqliteBounds}. */
  private long ceiling;

  private volatile RetentionBounds retained;
  private @Nullable Throwable broken;

  SqliteWriter(SqliteFile file) throws SQLException {
    connection = file.openWriter();
    durability = file.durability();
    try {
      nextNumber = SqliteFile.number(connection, "SELECT max(doc) FROM docs") + 1;
      nextSequence = SqliteFile.number(connection, "SELECT max(seq) FROM log") + 1;
      maxTimestamp = newestInFile(connection);
      ceiling = SqliteBounds.read(connection, SqliteBounds.MAX_TIMESTAMP);
      retained = SqliteBounds.retained(connection);
      upkeep = new SqliteUpkeep(connection);
      sql = new CommitStatements(connection);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static long newestInFile(Connection connection) throws SQLException {
    return SqliteFile.number(connection, "SELECT ts FROM log ORDER BY seq DESC LIMIT 1");
  }

  long maxTimestamp() {
    return maxTimestamp;
  }

  void commit(List<CommitRecord> group) {
    long numberBefore = nextNumber;
    long sequenceBefore = nextSequence;
    long newCeiling = SqliteBounds.ceiling(ceiling, group.getLast().timestamp());
    try {
      maxTimestamp =
          inTransaction(
              () -> {
                if (newCeiling != ceiling) {
                  SqliteBounds.write(connection, SqliteBounds.MAX_TIMESTAMP, newCeiling);
                }
                long previous = maxTimestamp;
                for (CommitRecord record : group) {
                  require(
                      record.timestamp() > previous, "Commits out of order", record.timestamp());
                  previous = record.timestamp();
                  write(record);
                }
                return previous;
              },
              () -> newestInFile(connection) == group.getLast().timestamp());
      ceiling = newCeiling;
    } catch (FreshetException e) {
      nextNumber = numberBefore;
      nextSequence = sequenceBefore;
      throw e;
    }
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
        sql.insertEntry.setLong(1, entry.index());
        sql.insertEntry.setBytes(2, entry.key());
        sql.insertEntry.setLong(3, record.timestamp());
        sql.insertEntry.setLong(4, known.of(entry));
        sql.insertEntry.executeUpdate();
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
      sql.insertDocument.setLong(1, number);
      sql.insertDocument.setLong(2, write.table());
      sql.insertDocument.setBytes(3, id);
      sql.insertDocument.setLong(4, timestamp);
      sql.insertDocument.setLong(5, nextSequence);
      sql.insertDocument.setBytes(6, write.value());
      sql.insertDocument.setInt(7, ValueSum.of(write.value()));
      if (sql.insertDocument.executeUpdate() == 1) {
        nextNumber = number + 1;
        sql.logInsertion.setLong(1, nextSequence++);
        sql.logInsertion.setLong(2, timestamp);
        sql.logInsertion.setLong(3, number);
        sql.logInsertion.executeUpdate();
        return number;
      }
    }
    long number = supersede(timestamp, write, id);
    sql.updateDocument.setLong(1, timestamp);
    sql.updateDocument.setLong(2, nextSequence++);
    sql.updateDocument.setBytes(3, write.value());
    sql.updateDocument.setInt(4, ValueSum.of(write.value()));
    sql.updateDocument.setLong(5, number);
    sql.updateDocument.executeUpdate();
    return number;
  }

  /** Copies the newest revision to the log after checking that it is the one the write replaces. */
  private long supersede(long timestamp, DocumentWrite write, byte[] id) throws SQLException {
    long number;
    sql.findDocument.setLong(1, write.table());
    sql.findDocument.setBytes(2, id);
    try (ResultSet found = sql.findDocument.executeQuery()) {
      require(found.next(), "Update of a document that doesn't exist", timestamp);
      number = found.getLong(1);
      boolean deleted = found.getInt(3) != 0;
      long previous = deleted ? 0 : found.getLong(2);
      require(previous == write.previousTimestamp(), "Update of another revision", timestamp);
    }
    sql.logSuperseded.setLong(1, nextSequence);
    sql.logSuperseded.setLong(2, timestamp);
    sql.logSuperseded.setInt(3, write.value() == null ? 1 : 0);
    sql.logSuperseded.setLong(4, number);
    sql.logSuperseded.executeUpdate();
    return number;
  }

  private void removeEntry(long timestamp, IndexWrite entry) throws SQLException {
    sql.keepEntry.setLong(1, timestamp);
    sql.keepEntry.setLong(2, entry.index());
    sql.keepEntry.setBytes(3, entry.key());
    if (sql.keepEntry.executeUpdate() == 0) {
      return; // An index being built may not have the entry yet.
    }
    sql.deleteEntry.setLong(1, entry.index());
    sql.deleteEntry.setBytes(2, entry.key());
    sql.deleteEntry.executeUpdate();
  }

  List<InternalId> backfill(long index, long table, List<IndexEntry> entries) {
    return unhurried(() -> upkeep.backfill(index, table, entries));
  }

  boolean purgeIndex(long index, int atMost) {
    return unhurried(() -> upkeep.purgeIndex(index, atMost) >= atMost);
  }

  boolean purgeTable(long table, int atMost) {
    return unhurried(() -> upkeep.purgeTable(table, atMost) >= atMost);
  }

  boolean retain(RetentionBounds bounds, int atMost) {
    // The newest commit's log rows stay: they tell the largest timestamp and sequence number.
    long logUpTo = Math.min(bounds.minRevision(), maxTimestamp - 1);
    RetentionBounds widest = retained.and(bounds);
    boolean more =
        unhurried(
            () -> {
              if (!widest.equals(retained)) {
                SqliteBounds.write(connection, widest);
              }
              return upkeep.retain(bounds.minSnapshot(), logUpTo, atMost) >= atMost;
            });
    retained = widest;
    return more;
  }

  RetentionBounds retained() {
    return retained;
  }

  byte @Nullable [] global(String name) {
    try {
      return upkeep.global(name);
    } catch (SQLException e) {
      throw FreshetException.internal("Can't read the global value " + name, e);
    }
  }

  void putGlobal(String name, byte[] value) {
    inTransaction(
        () -> {
          upkeep.putGlobal(name, value);
          return true;
        });
  }

  /**
   * A transaction that doesn't wait for the disk: the next commit does, and makes it durable too,
   * as the log only ever survives from its beginning on. Commits wait for background steps, so
   * these are kept short.
   */
  private <T> T unhurried(Work<T> work) {
    setSynchronous(Durability.NORMAL);
    try {
      return inTransaction(work);
    } finally {
      setSynchronous(durability);
    }
  }

  private void setSynchronous(Durability level) {
    if (durability == Durability.NORMAL) {
      return;
    }
    try {
      SqliteFile.run(connection, "PRAGMA synchronous = " + level.name());
    } catch (SQLException e) {
      broken = e; // commits might be acknowledged too early
    }
  }

  private interface Work<T> {
    T run() throws SQLException;
  }

  /** Whether a transaction took effect, as the file shows it. */
  private interface Evidence {
    boolean isThere() throws SQLException;
  }

  /** Work that may be done again if it has been done already, which is then not asked. */
  private <T> T inTransaction(Work<T> work) {
    return inTransaction(work, () -> false);
  }

  private <T> T inTransaction(Work<T> work, Evidence evidence) {
    if (broken != null) {
      throw FreshetException.internal(
          "The database takes no writes after a commit of unknown outcome; restart the server",
          broken);
    }
    T result;
    try {
      sql.begin.execute();
      result = work.run();
    } catch (SQLException | RuntimeException e) {
      rollBack(e);
      if (e instanceof FreshetException failure) {
        throw failure;
      }
      throw e instanceof SQLException failure
          ? SqliteFailures.using("The database can't be written", failure)
          : FreshetException.internal("The database can't be written: " + e.getMessage(), e);
    }
    try {
      commitTransaction();
    } catch (SQLException e) {
      if (!settle(e, evidence)) {
        throw SqliteFailures.using("The database can't be written", e);
      }
    }
    return result;
  }

  /**
   * Finds out what a failed COMMIT has done, and makes sure that a restart finds the same.
   *
   * <p>A transaction is in the log file from the moment its last frame is complete there. Where a
   * frame could not be written, as on a full disk, it isn't. Otherwise a complete transaction may
   * lie behind the end of the log that SQLite knows, or before it but not on the disk: another
   * transaction, written durably, takes the place of the first and completes the second. Only after
   * a failed flush it can't be trusted to, as the system may then have dropped what it was to
   * flush.
   *
   * @return whether the transaction took effect
   * @throws UnsureWriteException if that can't be found out; nothing is written any more
   */
  private boolean settle(SQLException failure, Evidence evidence) {
    rollBack(failure);
    try {
      if (broken == null && !SqliteFailures.isFailedFlush(failure)) {
        boolean there = evidence.isThere();
        if (there || !SqliteFailures.isIncompleteWrite(failure)) {
          SqliteFile.run(connection, "PRAGMA synchronous = " + durability.name());
          sql.begin.execute();
          SqliteBounds.write(connection, SqliteBounds.SETTLED, System.nanoTime());
          commitTransaction();
          LOG.warn("A write that failed at its end {} effect", there ? "took" : "had no", failure);
        }
        return there;
      }
    } catch (SQLException | RuntimeException e) {
      failure.addSuppressed(e);
    }
    broken = failure;
    throw new UnsureWriteException(
        "It is not known whether a write to the database took effect: " + failure.getMessage(),
        failure);
  }

  /** On its own so that a test can let it fail. */
  void commitTransaction() throws SQLException {
    sql.commit.execute();
  }

  private void rollBack(Exception cause) {
    try {
      SqliteFile.run(connection, "ROLLBACK");
    } catch (SQLException e) {
      // After some failures SQLite has ended the transaction itself, and says so with its plain
      // error code; anything else is a transaction that is still there.
      if (e.getErrorCode() != SQLiteErrorCode.SQLITE_ERROR.code) {
        cause.addSuppressed(e);
        broken = cause;
        return;
      }
    }
    try {
      sql.close();
      sql = new CommitStatements(connection);
    } catch (SQLException e) {
      cause.addSuppressed(e);
      broken = cause;
    }
  }

  @Override
  public void close() throws SQLException {
    try (connection) {
      if (broken == null && ceiling != maxTimestamp) {
        recordMaxTimestamp();
      }
    }
  }

  private void recordMaxTimestamp() {
    try {
      SqliteBounds.write(connection, SqliteBounds.MAX_TIMESTAMP, maxTimestamp);
    } catch (SQLException e) {
      LOG.warn("The ceiling of timestamps stays as it is, which is right but less exact", e);
    }
  }

  private static void require(boolean condition, String failure, long timestamp) {
    if (!condition) {
      throw FreshetException.internal(failure + " in the commit at " + timestamp, null);
    }
  }
}
