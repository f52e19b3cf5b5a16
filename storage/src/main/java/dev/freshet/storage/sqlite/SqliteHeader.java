package dev.freshet.storage.sqlite;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What the first bytes of a database file and its neighbours tell before SQLite opens it. SQLite
 * starts anew where a file is missing or empty, and throws away the write-ahead log that lies
 * beside it; and it notices a file that was cut short only when it reads what is gone.
 */
final class SqliteHeader {
  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(US_ASCII);
  private static final int LENGTH = 100;
  private static final int PAGE_SIZE_AT = 16;
  private static final int CHANGES_AT = 24;
  private static final int PAGES_AT = 28;
  private static final int PAGES_VALID_FOR_CHANGES_AT = 92;

  private SqliteHeader() {}

  /** The write-ahead log of a database file. */
  static Path log(Path file) {
    return file.resolveSibling(file.getFileName() + "-wal");
  }

  /**
   * Passes a file that looks like a whole database, or isn't there at all.
   *
   * @throws FreshetException {@code DatabaseDamaged}, or {@code DataDirectoryInvalid} if it can't
   *     be read
   */
  static void check(Path file) {
    try {
      long size = size(file);
      boolean hasLog = size(log(file)) > 0;
      if (size == 0) {
        if (hasLog) {
          throw SqliteFailures.damaged(
              file,
              "it is missing or empty, while its write-ahead log "
                  + log(file).getFileName()
                  + " is there; the two belong together",
              null);
        }
        return;
      }
      check(file, size, hasLog);
    } catch (IOException e) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DataDirectoryInvalid",
          "The database " + file + " can't be read: " + e,
          null,
          e);
    }
  }

  private static void check(Path file, long size, boolean hasLog) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LENGTH);
    try (FileChannel channel = FileChannel.open(file)) {
      boolean more = true;
      while (more && header.hasRemaining()) {
        more = channel.read(header) >= 0;
      }
    }
    if (header.hasRemaining()
        || !Arrays.equals(MAGIC, 0, MAGIC.length, header.array(), 0, MAGIC.length)) {
      throw SqliteFailures.damaged(file, "it doesn't begin like a database (byte 0)", null);
    }
    int pageSize = Short.toUnsignedInt(header.getShort(PAGE_SIZE_AT));
    long pages = Integer.toUnsignedLong(header.getInt(PAGES_AT));
    boolean valid = header.getInt(CHANGES_AT) == header.getInt(PAGES_VALID_FOR_CHANGES_AT);
    // With a log beside it, the file may be behind: the end of it is still in the log.
    if (valid && !hasLog && pageSize > 1 && size < pages * pageSize) {
      throw SqliteFailures.damaged(
          file,
          "it ends at byte "
              + size
              + ", in page "
              + (size / pageSize + 1)
              + ", but should have "
              + pages
              + " pages of "
              + pageSize
              + " bytes: it was cut short",
          null);
    }
  }

  /** Whether there is anything in the file. */
  static boolean exists(Path file) {
    return file.toFile().length() > 0;
  }

  /** 0 where there is no file. */
  private static long size(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }
}
