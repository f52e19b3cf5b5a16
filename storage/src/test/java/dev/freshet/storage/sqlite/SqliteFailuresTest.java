package dev.freshet.storage.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.UnsureWriteException;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

final class SqliteFailuresTest {
  private static final long TABLE = 1;

  @TempDir private Path directory;
  private Path path;
  private SqliteFile file;

  @BeforeEach
  void nameFile() {
    path = directory.resolve("db.sqlite3");
    file = new SqliteFile(path, Durability.FULL);
  }

  @Test
  void aFullDiskFailsTheGroupAndNoLaterOne() throws SQLException {
    SqliteWriter writer = new SqliteWriter(file);
    try (SqlitePersistence persistence = open(writer)) {
      persistence.commit(List.of(insert(1, 100)));
      SqliteFile.run(writer.connection, "PRAGMA max_page_count = 30");

      assertThatThrownBy(() -> persistence.commit(List.of(insert(2, 100), insert(3, 500_000))))
          .isInstanceOf(FreshetException.class)
          .isNotInstanceOf(UnsureWriteException.class);
      assertThat(persistence.maxTimestamp()).isEqualTo(1);
      assertThat(has(persistence, 2)).isFalse();

      SqliteFile.run(writer.connection, "PRAGMA max_page_count = 1000000");
      persistence.commit(List.of(insert(2, 100), insert(3, 500_000)));
      assertThat(has(persistence, 3)).isTrue();
    }
  }

  @Test
  void aFailedCommitMayNotHaveHappened() throws SQLException {
    assertThat(hasAfterFailedCommit(false)).isFalse();
  }

  @Test
  void aFailedCommitMayHaveHappened() throws SQLException {
    assertThat(hasAfterFailedCommit(true)).isTrue();
  }

  @Test
  void theTruthAboutACommitThatFailedOnceIsEstablished() throws SQLException {
    assertSettled(false, SQLiteErrorCode.SQLITE_IOERR);
    assertSettled(true, SQLiteErrorCode.SQLITE_IOERR);
    assertSettled(false, SQLiteErrorCode.SQLITE_FULL);
  }

  private void assertSettled(boolean happens, SQLiteErrorCode failure) throws SQLException {
    path = directory.resolve(happens + failure.name());
    file = new SqliteFile(path, Durability.FULL);
    FailingOnce writer = new FailingOnce(happens, failure);
    try (SqlitePersistence persistence = open(writer)) {
      persistence.commit(List.of(insert(1, 100)));
      writer.fails = true;
      if (happens) {
        persistence.commit(List.of(insert(2, 100), insert(3, 100)));
      } else {
        assertThatThrownBy(() -> persistence.commit(List.of(insert(2, 100), insert(3, 100))))
            .isInstanceOf(FreshetException.class)
            .isNotInstanceOf(UnsureWriteException.class);
      }
      assertThat(persistence.maxTimestamp()).isEqualTo(happens ? 3 : 1);
      assertThat(has(persistence, 2)).isEqualTo(happens);
      persistence.commit(List.of(insert(4, 100)));
    }
    try (SqlitePersistence persistence = SqlitePersistence.open(path)) {
      assertThat(has(persistence, 2)).isEqualTo(happens);
      assertThat(has(persistence, 3)).isEqualTo(happens);
      assertThat(has(persistence, 4)).isTrue();
    }
  }

  @Test
  void afterAFailedFlushNothingIsWritten() throws SQLException {
    FailingOnce writer = new FailingOnce(false, SQLiteErrorCode.SQLITE_IOERR_FSYNC);
    try (SqlitePersistence persistence = open(writer)) {
      persistence.commit(List.of(insert(1, 100)));
      writer.fails = true;
      assertThatThrownBy(() -> persistence.commit(List.of(insert(2, 100))))
          .isInstanceOf(UnsureWriteException.class);
      assertThatThrownBy(() -> persistence.commit(List.of(insert(2, 100))))
          .hasMessageContaining("takes no writes");
    }
  }

  private final class FailingOnce extends SqliteWriter {
    private final boolean happens;
    private final SQLiteErrorCode failure;
    boolean fails;

    FailingOnce(boolean happens, SQLiteErrorCode failure) throws SQLException {
      super(file);
      this.happens = happens;
      this.failure = failure;
    }

    @Override
    void commitTransaction() throws SQLException {
      boolean failing = fails;
      fails = false;
      if (!failing || happens) {
        super.commitTransaction();
      }
      if (failing) {
        throw new SQLiteException(failure.message, failure);
      }
    }
  }

  private boolean hasAfterFailedCommit(boolean happens) throws SQLException {
    SqliteWriter writer =
        new SqliteWriter(file) {
          @Override
          void commitTransaction() throws SQLException {
            if (happens) {
              super.commitTransaction();
            }
            throw new SQLException("disk I/O error");
          }
        };
    try (SqlitePersistence persistence = open(writer)) {
      assertThatThrownBy(() -> persistence.commit(List.of(insert(1, 100))))
          .isInstanceOf(UnsureWriteException.class);
      assertThatThrownBy(() -> persistence.commit(List.of(insert(2, 100))))
          .isInstanceOf(FreshetException.class)
          .isNotInstanceOf(UnsureWriteException.class);
      assertThat(persistence.maxTimestamp()).isZero();
    }
    try (SqlitePersistence persistence = SqlitePersistence.open(path)) {
      assertThat(persistence.maxTimestamp()).isEqualTo(happens ? 1 : 0);
      return has(persistence, 1);
    }
  }

  @Test
  void theWriteAheadLogStaysBoundedWhileWritesAndReadsGoOn() throws SQLException {
    try (SqlitePersistence persistence =
            SqlitePersistence.withWriter(file, new SqliteWriter(file), 1 << 20);
        PersistenceReader reader = persistence.newReader()) {
      long[] written = {0, 0};
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInSameThread()
          .pollInterval(Duration.ofMillis(1))
          .until(
              () -> {
                written[0] += 100_000;
                persistence.commit(List.of(insert(++written[1], 100_000)));
                assertThat(reader.document(TABLE, id(written[1]), written[1])).isNotNull();
                return written[0] > 4 * Files.size(Path.of(path + "-wal"));
              });
    }
    assertThat(Path.of(path + "-wal")).doesNotExist();
  }

  @Test
  void aNewerFormatIsRefused() throws SQLException {
    SqlitePersistence.open(path).close();
    change("PRAGMA user_version = " + (DataDirectory.FORMAT_VERSION + 1));
    assertThatThrownBy(() -> SqlitePersistence.open(path))
        .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
        .returns("DataDirectoryTooNew", FreshetException::code);
  }

  @Test
  void anotherProgramsDatabaseIsRefused() throws SQLException {
    change("CREATE TABLE theirs(x)");
    assertThatThrownBy(() -> SqlitePersistence.open(path))
        .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
        .returns("DataDirectoryInvalid", FreshetException::code);
  }

  @Test
  void filesAreForTheirOwnerOnly() throws IOException {
    assumeTrue(path.getFileSystem().supportedFileAttributeViews().contains("posix"));
    try (SqlitePersistence persistence = SqlitePersistence.open(path)) {
      persistence.commit(List.of(insert(1, 10)));
      for (String suffix : List.of("", "-wal", "-shm")) {
        assertThat(Files.getPosixFilePermissions(Path.of(path + suffix)))
            .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      }
    }
  }

  private SqlitePersistence open(SqliteWriter writer) throws SQLException {
    return SqlitePersistence.withWriter(file, writer, SqliteFile.LARGE_LOG_BYTES);
  }

  private void change(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path)) {
      SqliteFile.run(connection, sql);
    }
  }

  private static boolean has(SqlitePersistence persistence, long document) {
    try (PersistenceReader reader = persistence.newReader()) {
      return reader.document(TABLE, id(document), Long.MAX_VALUE) != null;
    }
  }

  private static CommitRecord insert(long timestamp, int bytes) {
    return new CommitRecord(
        timestamp, List.of(new DocumentWrite(TABLE, id(timestamp), 0, new byte[bytes])), List.of());
  }

  private static InternalId id(long number) {
    return new InternalId(number, 0);
  }
}
