package dev.freshet.storage.sqlite;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the write-ahead log into the database file, beside the commits. SQLite starts its log anew
 * only when a commit finds all of it copied and unread, which never happens under steady load; so
 * when the log has grown large in spite of copying, the checkpointer holds writers back for the
 * moment it takes to copy the rest and start anew. Readers never wait; one that is in the middle of
 * a page can put the new start off to the next attempt.
 */
final class Checkpointer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);

  /** Copy after about this much was written. */
  private static final long COPY_AFTER_BYTES = 16L << 20;

  /** Copy less than that when no write came for a while. */
  private static final long IDLE_NANOS = 2_000_000_000L;

  /** How long to wait for readers before giving the new start up for this time. */
  private static final int PATIENCE_MILLIS = 20;

  private static final int COPIES_BEFORE_RESTART = 3;
  private static final int FEW_PAGES = 256;

  private final Connection connection;
  private final Lock writers;
  private final long restartPages;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long written; // guarded by lock, like the next
  private boolean closed;

  /**
   * @param writers held by every writer of the file while it writes
   * @param restartBytes how large the log may grow before writers are held back
   */
  Checkpointer(SqliteFile file, Lock writers, long restartBytes) throws SQLException {
    this.writers = writers;
    this.restartPages = restartBytes / SqliteFile.PAGE_SIZE;
    connection = file.openCheckpointer(PATIENCE_MILLIS);
    thread = Thread.ofPlatform().daemon().name("freshet-checkpoint").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Tells that about this many bytes were added to the log. */
  void wrote(long bytes) {
    lock.lock();
    try {
      long before = written;
      written = before + bytes;
      if (before == 0 || (before < COPY_AFTER_BYTES && written >= COPY_AFTER_BYTES)) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (awaitWork()) {
        checkpoint();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns when there is something to copy; false: closed. */
  private boolean awaitWork() throws InterruptedException {
    lock.lock();
    try {
      while (!closed && written == 0) {
        changed.await();
      }
      long left = IDLE_NANOS;
      while (!closed && written < COPY_AFTER_BYTES && left > 0) {
        left = changed.awaitNanos(left);
      }
      written = 0;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void checkpoint() {
    try {
      Log log = run("PASSIVE");
      if (log.pages() < restartPages) {
        return;
      }
      // What was written in the meantime is copied before writers are held back, not after.
      for (int i = 0; i < COPIES_BEFORE_RESTART && log.left() > FEW_PAGES; i++) {
        log = run("PASSIVE");
      }
      writers.lock();
      try {
        run("RESTART");
      } finally {
        writers.unlock();
      }
    } catch (SQLException e) {
      // Nothing is lost: the data is in the log, and the next attempt copies it.
      LOG.error("A checkpoint of the database failed", e);
    }
  }

  private Log run(String mode) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
      return row.next() ? new Log(row.getLong(2), row.getLong(3)) : new Log(0, 0);
    }
  }

  /** How many pages the log holds, and how many of them are in the file. */
  private record Log(long pages, long copied) {
    long left() {
      return pages - copied;
    }
  }

  @Override
  public void close() throws SQLException {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    connection.close();
  }
}
