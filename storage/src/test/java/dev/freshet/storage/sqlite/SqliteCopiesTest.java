package dev.freshet.storage.sqlite;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.storage.StoreSizes;
import dev.freshet.storage.blob.DirectoryBlobStore;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups and compacted files. */
class SqliteCopiesTest {
  private static final String BLOB =
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; // of "hello"
  private static final InternalId ID = new InternalId(1, 1);
  private static final int REVISIONS = 200;

  @TempDir private Path parent;
  private Path root;

  @BeforeEach
  void writeDirectory() {
    root = parent.resolve("data");
    try (DataDirectory directory = DataDirectory.open(root);
        SqlitePersistence persistence = SqlitePersistence.open(directory.database())) {
      directory.putCredential("instance_secret", "secret");
      DirectoryBlobStore.open(directory.blobs()).put(BLOB, "hello".getBytes(US_ASCII));
      for (int i = 1; i <= REVISIONS; i++) {
        persistence.commit(
            List.of(
                new CommitRecord(
                    i, List.of(new DocumentWrite(40, ID, i - 1, new byte[5000 + i])), List.of())));
      }
    }
  }

  private static void assertWhole(Path directory) {
    try (DataDirectory opened = DataDirectory.open(directory);
        SqlitePersistence persistence = SqlitePersistence.open(opened.database());
        PersistenceReader reader = persistence.newReader()) {
      assertThat(reader.document(40, ID, REVISIONS)).isNotNull();
      assertThat(DirectoryBlobStore.open(opened.blobs()).get(BLOB)).asString().isEqualTo("hello");
      assertThat(opened.credential("instance_secret")).isEqualTo("secret");
    }
  }

  @Test
  void aBackupIsADataDirectory() throws IOException {
    Path target = parent.resolve("far").resolve("backup");
    SqliteBackup.Result result = SqliteBackup.write(root, target, Progress.NONE);
    assertThat(result.timestamp()).isEqualTo(REVISIONS);
    assertThat(result.blobs()).isEqualTo(1);
    assertThat(result.blobBytes()).isEqualTo(5);
    assertThat(result.credentials()).isTrue();
    assertThat(result.databaseBytes())
        .isEqualTo(Files.size(target.resolve(DataDirectory.DATABASE)));
    assertWhole(target);
    assertWhole(root);
    try (Stream<Path> beside = Files.list(target.resolveSibling(""))) {
      assertThat(beside).containsExactly(target);
    }
  }

  @Test
  void aBackupIsForItsOwnerOnly() throws IOException {
    assumeTrue(root.getFileSystem().supportedFileAttributeViews().contains("posix"));
    Path target = parent.resolve("backup");
    SqliteBackup.write(root, target, Progress.NONE);
    try (Stream<Path> files = Files.walk(target)) {
      for (Path each : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
            .as("%s", each)
            .endsWith("------");
      }
    }
  }

  @Test
  void aBackupReplacesNothing() throws IOException {
    Path full = Files.createDirectory(parent.resolve("full"));
    Files.createFile(full.resolve("x"));
    Path file = Files.createFile(parent.resolve("file"));
    for (Path target : List.of(full, file, root, root.resolve("inside"))) {
      assertThatThrownBy(() -> SqliteBackup.write(root, target, Progress.NONE))
          .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
          .returns("BackupTargetInvalid", FreshetException::code);
    }
    Path empty = Files.createDirectory(parent.resolve("empty"));
    SqliteBackup.write(root, empty, Progress.NONE);
    assertWhole(empty);
    assertWhole(root);
  }

  @Test
  void aBackupOfADamagedDatabaseFailsAndLeavesNothing() throws IOException {
    Path target = parent.resolve("backup");
    Files.write(root.resolve(DataDirectory.DATABASE), new byte[100_000]);
    assertThatThrownBy(() -> SqliteBackup.write(root, target, Progress.NONE))
        .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
        .returns("DatabaseDamaged", FreshetException::code);
    try (Stream<Path> beside = Files.list(parent)) {
      assertThat(beside).containsExactly(root);
    }
  }

  @Test
  void compactingGivesBackWhatRetentionHasFreed() throws IOException {
    try (SqlitePersistence persistence =
        SqlitePersistence.open(root.resolve(DataDirectory.DATABASE))) {
      RetentionBounds bounds = RetentionBounds.at(REVISIONS - 1);
      while (persistence.retain(bounds, 1000)) {}
    }
    long free = sizes().freeBytes();
    assertThat(free).isGreaterThan(500_000);
    Files.createFile(root.resolve(DataDirectory.DATABASE + ".vacuum")); // of a run that crashed
    SqliteVacuum.Result result;
    try (DataDirectory directory = DataDirectory.open(root)) {
      result = SqliteVacuum.run(directory, Progress.NONE);
    }
    assertThat(result.before() - result.after()).isGreaterThanOrEqualTo(free / 2);
    assertThat(sizes().freeBytes()).isZero();
    assertThat(root.resolve(DataDirectory.DATABASE + ".vacuum")).doesNotExist();
    assertWhole(root);
  }

  @Test
  void compactingWaitsForOtherReaders() {
    try (DataDirectory directory = DataDirectory.open(root);
        SqlitePersistence persistence = SqlitePersistence.open(directory.database())) {
      persistence.commit(
          List.of(
              new CommitRecord(
                  REVISIONS + 1,
                  List.of(new DocumentWrite(40, ID, REVISIONS, new byte[10])),
                  List.of())));
      try (SqliteInspection other = SqliteInspection.open(directory.database())) {
        assertThat(other.maxTimestamp()).isEqualTo(REVISIONS + 1);
        persistence.commit(
            List.of(
                new CommitRecord(
                    REVISIONS + 2,
                    List.of(new DocumentWrite(40, ID, REVISIONS + 1, new byte[10])),
                    List.of())));
        assertThatThrownBy(() -> SqliteVacuum.run(directory, Progress.NONE))
            .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
            .returns("DataDirectoryInUse", FreshetException::code);
      }
    }
    assertWhole(root);
  }

  private StoreSizes sizes() {
    try (SqliteInspection store = SqliteInspection.open(root.resolve(DataDirectory.DATABASE))) {
      return store.sizes(Progress.NONE);
    }
  }

  @Test
  void sizesAddUpToTheFile() throws IOException {
    StoreSizes sizes = sizes();
    StoreSizes.Table table = sizes.tables().getOrDefault(40L, StoreSizes.Table.EMPTY);
    assertThat(table.documents()).isEqualTo(1);
    assertThat(table.bytes()).isEqualTo(5000 + REVISIONS);
    assertThat(table.revisions()).isEqualTo(REVISIONS);
    assertThat(sizes.fileBytes()).isEqualTo(Files.size(root.resolve(DataDirectory.DATABASE)));
    assertThat(table.diskBytes() + table.historyBytes() + sizes.freeBytes())
        .isBetween(sizes.fileBytes() - 8 * 4096, sizes.fileBytes());
    assertThat(sizes.oldestRevision()).isEqualTo(1);
  }
}
