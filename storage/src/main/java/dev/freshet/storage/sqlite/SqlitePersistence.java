package dev.freshet.storage.sqlite;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@link Persistence} in one SQLite file in WAL mode: one connection writes, each reader has a
 * connection of its own (kept for the next reader after {@link PersistenceReader#close}), and a
 * background thread does the checkpoints. Calls run native code, so those from virtual threads hold
 * their carrier.
 *
 * <p>Locks: {@code writing} is held by whoever writes or restarts the write-ahead log. Readers are
 * lent without a lock: who has to wait for one would hold a reader meanwhile. The file is locked
 * against other processes by {@link dev.freshet.storage.DataDirectory}, not here.
 */
public final class SqlitePersistence implements Persistence {
  /** Each keeps its cache of pages, so a burst of readers must not leave as many behind. */
  static final int IDLE_READERS = Math.max(16, 4 * Runtime.getRuntime().availableProcessors());

  /** What a row adds to the log besides its value, roughly: that's all the checkpointer needs. */
  private static final long LOG_BYTES_PER_ROW = 2 * SqliteFile.PAGE_SIZE;

  private final SqliteFile file;
  private final SqliteWriter writer;
  private final Checkpointer checkpointer;

  /** Fair, so that background work can't keep commits waiting, nor the other way round. */
  private final ReentrantLock writing;

  private final ConcurrentLinkedDeque<SqliteReader> idleReaders = new ConcurrentLinkedDeque<>();
  private final AtomicInteger places = new AtomicInteger(IDLE_READERS);
  private volatile boolean closed;

  private volatile long maxTimestamp;

  /** The newest commit that removed an entry of an index, as of before it is written. */
  private final ConcurrentHashMap<Long, Long> removals = new ConcurrentHashMap<>();

  /** What is assumed of an index that is not in {@link #removals}. */
  private final long openedAt;

  private SqlitePersistence(
      SqliteFile file, SqliteWriter writer, Checkpointer checkpointer, ReentrantLock writing) {
    this.file = file;
    this.writer = writer;
    this.checkpointer = checkpointer;
    this.writing = writing;
    maxTimestamp = writer.maxTimestamp();
    openedAt = maxTimestamp;
  }

  /** Opens the file, creating it if there is none, with full durability. */
  public static SqlitePersistence open(Path file) {
    return open(file, Durability.FULL);
  }

  /**
   * Opens the file, creating it if there is none.
   *
   * @throws FreshetException {@code DataDirectoryTooNew} if a newer Freshet wrote it, {@code
   *     DataDirectoryInvalid} if it is some other database or can't be written, {@code
   *     DatabaseDamaged}, {@code DiskFull}; in all these cases nothing has been changed
   */
  public static SqlitePersistence open(Path file, Durability durability) {
    SqliteFile sqlite = new SqliteFile(file, durability);
    SqliteWriter writer = null;
    try {
      writer = new SqliteWriter(sqlite);
      SqlitePersistence opened = withWriter(sqlite, writer, SqliteFile.LARGE_LOG_BYTES);
      writer = null;
      return opened;
    } catch (SQLException e) {
      throw SqliteFailures.opening(file, e);
    } finally {
      if (writer != null) {
        try {
          writer.close();
        } catch (SQLException e) {
          // The failure that led here is on its way to the caller.
        }
      }
    }
  }

  /** What {@link #open} does, with a writer and a bound of the write-ahead log to choose. */
  static SqlitePersistence withWriter(SqliteFile file, SqliteWriter writer, long restartBytes)
      throws SQLException {
    ReentrantLock writing = new ReentrantLock(true);
    Checkpointer checkpointer = new Checkpointer(file, writing, restartBytes);
    SqlitePersistence opened = new SqlitePersistence(file, writer, checkpointer, writing);
    checkpointer.start();
    return opened;
  }

  @Override
  public boolean isFresh() {
    return maxTimestamp == 0;
  }

  @Override
  public long maxTimestamp() {
    return maxTimestamp;
  }

  @Override
  public void commit(List<CommitRecord> group) {
    if (group.isEmpty()) {
      return;
    }
    write(
        logBytes(group),
        () -> {
          noteRemovals(group);
          writer.commit(group);
          maxTimestamp = writer.maxTimestamp();
          return true;
        });
  }

  private void noteRemovals(List<CommitRecord> group) {
    for (CommitRecord record : group) {
      for (CommitRecord.IndexWrite entry : record.indexes()) {
        if (!entry.present()) {
          removals.put(entry.index(), record.timestamp());
        }
      }
    }
  }

  private long newestRemoval(long index) {
    return removals.getOrDefault(index, openedAt);
  }

  private static long logBytes(List<CommitRecord> group) {
    long bytes = 0;
    for (CommitRecord record : group) {
      bytes += (record.documents().size() + record.indexes().size()) * LOG_BYTES_PER_ROW;
      for (CommitRecord.DocumentWrite document : record.documents()) {
        bytes += document.value() == null ? 0 : document.value().length;
      }
    }
    return bytes;
  }

  @Override
  public List<InternalId> backfillIndex(long index, long table, List<IndexEntry> entries) {
    return write(entries.size() * LOG_BYTES_PER_ROW, () -> writer.backfill(index, table, entries));
  }

  @Override
  public boolean purgeIndex(long index, int atMost) {
    return write(atMost * LOG_BYTES_PER_ROW, () -> writer.purgeIndex(index, atMost));
  }

  @Override
  public boolean purgeTable(long table, int atMost) {
    return write(atMost * LOG_BYTES_PER_ROW, () -> writer.purgeTable(table, atMost));
  }

  @Override
  public boolean retain(RetentionBounds bounds, int atMost) {
    return write(atMost * LOG_BYTES_PER_ROW, () -> writer.retain(bounds, atMost));
  }

  @Override
  public RetentionBounds retained() {
    return writer.retained();
  }

  @Override
  public List<Long> indexesWithEntries() {
    try (SqliteReader reader = (SqliteReader) newReader()) {
      return reader.indexesWithEntries();
    }
  }

  @Override
  public byte @Nullable [] global(String name) {
    writing.lock();
    try {
      return writer.global(name);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void putGlobal(String name, byte[] value) {
    write(
        LOG_BYTES_PER_ROW + value.length,
        () -> {
          writer.putGlobal(name, value);
          return true;
        });
  }

  private <T> T write(long logBytes, Supplier<T> work) {
    T result;
    writing.lock();
    try {
      result = work.get();
    } finally {
      writing.unlock();
    }
    checkpointer.wrote(logBytes);
    return result;
  }

  @Override
  public PersistenceReader newReader() {
    if (closed) {
      throw FreshetException.internal("The database is closed", null);
    }
    SqliteReader idle = pollIdle();
    if (idle != null) {
      idle.lend();
      return idle;
    }
    try {
      return new SqliteReader(file.openReader(), this::giveBack, this::newestRemoval);
    } catch (SQLException e) {
      throw FreshetException.internal("Can't open the database " + file.path(), e);
    }
  }

  private @Nullable SqliteReader pollIdle() {
    SqliteReader idle = idleReaders.pollFirst();
    if (idle != null) {
      places.getAndIncrement();
    }
    return idle;
  }

  private void giveBack(SqliteReader reader) {
    if (places.getAndDecrement() <= 0) {
      places.getAndIncrement();
      disconnect(reader);
      return;
    }
    idleReaders.addFirst(reader);
    if (closed) { // nobody may be left to take it
      disconnectIdle();
    }
  }

  private void disconnectIdle() {
    for (SqliteReader idle = pollIdle(); idle != null; idle = pollIdle()) {
      disconnect(idle);
    }
  }

  /** How many connections are kept for the next readers. */
  int idleReaders() {
    return idleReaders.size();
  }

  private static void disconnect(SqliteReader reader) {
    try {
      reader.disconnect();
    } catch (SQLException e) {
      throw FreshetException.internal("Can't close a connection to the database", e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    disconnectIdle();
    try {
      checkpointer.close();
    } catch (SQLException e) {
      throw FreshetException.internal("Can't end the checkpoints of " + file.path(), e);
    } finally {
      closeWriter();
    }
  }

  /** The last connection to leave copies the rest of the log into the file and removes it. */
  private void closeWriter() {
    writing.lock();
    try {
      writer.close();
    } catch (SQLException e) {
      throw FreshetException.internal("Can't close the database " + file.path(), e);
    } finally {
      writing.unlock();
    }
  }
}
