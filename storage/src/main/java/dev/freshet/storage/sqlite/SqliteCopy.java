package dev.freshet.storage.sqlite;

import dev.freshet.storage.PrivateFiles;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Writes the state of a database, as of the moment of the call, to another file without gaps. The
 * database may be in use: its writers aren't held up.
 */
final class SqliteCopy {
  private static final int PROGRESS_MILLIS = 200;

  private SqliteCopy() {}

  /**
   * Copies; durable when this returns, except for the name in its directory.
   *
   * @param target a file that doesn't exist
   * @throws FreshetException {@code DatabaseDamaged} if the source can't be read to its end, {@code
   *     DiskFull}
   */
  static void copy(Path source, Path target, String what, Progress progress) throws IOException {
    try (Connection connection = new SqliteFile(source, Durability.FULL).openInspector()) {
      long pages =
          SqliteFile.number(connection, "PRAGMA page_count")
              - SqliteFile.number(connection, "PRAGMA freelist_count");
      long bytes = pages * SqliteFile.number(connection, "PRAGMA page_size");
      requireSpace(target, bytes);
      PrivateFiles.createFile(target);
      try (Reporter _ = new Reporter(target, what, bytes, progress);
          PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
        copy.setString(1, target.toString());
        copy.execute();
      }
      PrivateFiles.sync(target);
    } catch (SQLException e) {
      throw SqliteFailures.opening(SqliteFailures.isDamage(e) ? source : target, e);
    }
  }

  private static void requireSpace(Path target, long bytes) throws IOException {
    long usable = Files.getFileStore(target.toAbsolutePath().getParent()).getUsableSpace();
    if (usable < bytes) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DiskFull",
          "Writing "
              + target
              + " needs about "
              + bytes
              + " bytes, but only "
              + usable
              + " are free there.");
    }
  }

  /** Watches the growing file, as SQLite doesn't tell how far it is. */
  private static final class Reporter implements AutoCloseable {
    private final AtomicBoolean done = new AtomicBoolean();
    private final Thread thread;

    Reporter(Path target, String what, long total, Progress progress) {
      thread =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!done.get()) {
                      progress.at(what, target.toFile().length(), total);
                      pause();
                    }
                  });
    }

    private static void pause() {
      try {
        Thread.sleep(PROGRESS_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      done.set(true);
      thread.interrupt();
    }
  }
}
