package dev.freshet.storage.sqlite;

import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.PrivateFiles;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Gives space that a database no longer uses back to the disk. It is written anew beside itself and
 * takes its own place by a rename, so that a crash leaves the old file or the new one.
 */
public final class SqliteVacuum {
  /**
   * What was gained.
   *
   * @param before bytes of the file and its write-ahead log
   * @param after bytes of the file
   */
  public record Result(long before, long after) {}

  private SqliteVacuum() {}

  /**
   * Compacts the database of a directory that this process has opened, and no one else uses.
   *
   * @throws FreshetException {@code DatabaseDamaged}, {@code DiskFull}, {@code DataDirectoryInUse}
   *     if another tool reads the database
   */
  public static Result run(DataDirectory directory, Progress progress) {
    Path file = directory.database();
    Path log = SqliteHeader.log(file);
    try {
      long before = size(file) + size(log);
      emptyLog(file);
      Path compacted = directory.compacted();
      Files.deleteIfExists(compacted);
      try {
        SqliteCopy.copy(file, compacted, "writing the database anew", progress);
        requireUnused(file);
        Files.deleteIfExists(log);
        Files.deleteIfExists(file.resolveSibling(file.getFileName() + "-shm"));
        Files.move(compacted, file, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.sync(directory.root());
      } finally {
        Files.deleteIfExists(compacted);
      }
      return new Result(before, size(file));
    } catch (SQLException e) {
      throw SqliteFailures.opening(file, e);
    } catch (IOException e) {
      throw FreshetException.internal("Can't compact " + file + ": " + e, e);
    }
  }

  private static void emptyLog(Path file) throws SQLException {
    try (Connection connection = new SqliteFile(file, Durability.FULL).openWriter();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      if (row.next() && row.getInt(1) != 0) {
        throw inUse(file);
      }
    }
  }

  /** Nothing may have been written to the old file meanwhile; the lock sees to that. */
  private static void requireUnused(Path file) throws IOException {
    if (size(SqliteHeader.log(file)) > 0) {
      throw inUse(file);
    }
  }

  private static FreshetException inUse(Path file) {
    return new FreshetException(
        ErrorClass.OPERATIONAL,
        "DataDirectoryInUse",
        "The database "
            + file
            + " is being read by another program (db info, db verify, db backup?). Try again when"
            + " it has ended.");
  }

  private static long size(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }
}
