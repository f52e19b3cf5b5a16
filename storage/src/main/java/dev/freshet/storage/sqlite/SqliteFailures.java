package dev.freshet.storage.sqlite;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What SQLite's failures mean to whoever runs the server, and what to do about them. */
final class SqliteFailures {
  private static final long HARDLY_ANYTHING = 1 << 20;

  private SqliteFailures() {}

  /** A failure to open a database. */
  static FreshetException opening(Path file, SQLException cause) {
    return switch (code(cause)) {
      // SQLITE_ERROR: our own statements don't fit the layout that the file describes
      case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR ->
          damaged(file, String.valueOf(cause.getMessage()), cause);
      case SQLITE_FULL -> full(file, cause);
      case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM ->
          isFull(file)
              ? full(file, cause)
              : failure(
                  "DataDirectoryInvalid",
                  "The database "
                      + file
                      + " can't be opened for writing: "
                      + cause.getMessage()
                      + ". Check who owns the data directory and whether its file system is mounted"
                      + " read-only.",
                  cause);
      case SQLITE_IOERR ->
          isFull(file)
              ? full(file, cause)
              : failure(
                  "DatabaseUnreadable",
                  "The disk failed under the database "
                      + file
                      + ": "
                      + cause.getMessage()
                      + ". Check the disk before you start again.",
                  cause);
      default -> FreshetException.internal("Can't open the database " + file, cause);
    };
  }

  /** A failure to read or write a database that is open. */
  static FreshetException using(String what, SQLException cause) {
    String advice =
        switch (code(cause)) {
          case SQLITE_CORRUPT, SQLITE_NOTADB ->
              " (the file is damaged: stop the server and run `freshet db verify`)";
          case SQLITE_FULL -> " (the disk is full)";
          default -> "";
        };
    return FreshetException.internal(what + ": " + cause.getMessage() + advice, cause);
  }

  /** Something could not be written in full, so the last thing to be written wasn't, either. */
  static boolean isIncompleteWrite(SQLException failure) {
    return code(failure) == SQLiteErrorCode.SQLITE_FULL
        || exactly(failure, SQLiteErrorCode.SQLITE_IOERR_WRITE);
  }

  /** What was written may not be on the disk, and may never get there. */
  static boolean isFailedFlush(SQLException failure) {
    return exactly(failure, SQLiteErrorCode.SQLITE_IOERR_FSYNC)
        || exactly(failure, SQLiteErrorCode.SQLITE_IOERR_DIR_FSYNC);
  }

  private static boolean exactly(SQLException failure, SQLiteErrorCode code) {
    return failure instanceof SQLiteException known && known.getResultCode() == code;
  }

  /** A document that isn't what was written. */
  static FreshetException damagedDocument(InternalId id, long timestamp) {
    return FreshetException.internal(
        "The document "
            + id
            + ", written at "
            + timestamp
            + ", has been changed in the file since (the disk or its file system is damaged: stop"
            + " the server, run `freshet db verify`, and restore a backup)",
        null);
  }

  static boolean isDamage(SQLException failure) {
    SQLiteErrorCode code = code(failure);
    return code == SQLiteErrorCode.SQLITE_CORRUPT || code == SQLiteErrorCode.SQLITE_NOTADB;
  }

  /** A file that can't be used as a database; nothing has been changed in it. */
  static FreshetException damaged(Path file, String how, @Nullable Throwable cause) {
    return failure(
        "DatabaseDamaged",
        "The database "
            + file
            + " is damaged: "
            + how
            + ". Nothing was changed in it. Keep a copy of the data directory, run `freshet db"
            + " verify --data-dir "
            + file.toAbsolutePath().getParent()
            + "` to see what is affected, and restore a backup.",
        cause);
  }

  private static FreshetException full(Path file, SQLException cause) {
    return failure(
        "DiskFull",
        "There is no space left on the disk of " + file + ". Free some and start again.",
        cause);
  }

  private static FreshetException failure(String code, String text, @Nullable Throwable cause) {
    return new FreshetException(ErrorClass.OPERATIONAL, code, text, null, cause);
  }

  /** SQLite names a full disk in several ways, depending on the file that could not grow. */
  private static boolean isFull(Path file) {
    try {
      return Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace()
          < HARDLY_ANYTHING;
    } catch (IOException e) {
      return false;
    }
  }

  /** The failure without what SQLite adds to tell apart its own places in the code. */
  private static SQLiteErrorCode code(SQLException failure) {
    return SQLiteErrorCode.getErrorCode(failure.getErrorCode() & 0xff);
  }
}
