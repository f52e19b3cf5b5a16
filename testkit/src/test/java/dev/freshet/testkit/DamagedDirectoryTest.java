package dev.freshet.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.Finding;
import dev.freshet.storage.Finding.Kind;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.storage.StoreInspection.RevisionVisitor;
import dev.freshet.storage.blob.DirectoryBlobStore;
import dev.freshet.storage.sqlite.SqliteInspection;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.storage.sqlite.SqliteUpgrade;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories that can't be served: each is refused with what to do, and left as it is. */
class DamagedDirectoryTest {
  private static final long TABLE = 40;
  private static final long INDEX = 41;
  private static final int DOCUMENTS = 200;
  private static final String BLOB =
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; // of "hello"

  private static final RevisionVisitor NOBODY =
      new RevisionVisitor() {
        @Override
        public void document(long number, long table, InternalId id) {}

        @Override
        public void revision(long timestamp, byte @Nullable [] value) {}

        @Override
        public void end(boolean complete) {}
      };

  @TempDir private Path parent;
  private Path root;
  private Path file;

  @BeforeEach
  void writeDirectory() {
    root = parent.resolve("data");
    file = root.resolve(DataDirectory.DATABASE);
    write(root);
  }

  private static void write(Path root) {
    try (DataDirectory directory = DataDirectory.open(root);
        SqlitePersistence persistence = SqlitePersistence.open(directory.database())) {
      DirectoryBlobStore.open(directory.blobs()).put(BLOB, "hello".getBytes(US_ASCII));
      for (int i = 1; i <= DOCUMENTS; i++) {
        persistence.commit(List.of(insertion(i)));
      }
    }
  }

  private static CommitRecord insertion(long number) {
    InternalId id = new InternalId(number, 0);
    byte[] value = new byte[500];
    new Random(number).nextBytes(value);
    return new CommitRecord(
        number,
        List.of(new DocumentWrite(TABLE, id, 0, value)),
        List.of(new IndexWrite(INDEX, TABLE, id.toBytes(), id, true)));
  }

  /** What a server does first. */
  private static void start(Path root) {
    try (DataDirectory directory = DataDirectory.open(root)) {
      SqliteUpgrade.run(directory);
      DirectoryBlobStore.open(directory.blobs());
      try (SqlitePersistence persistence = SqlitePersistence.open(directory.database())) {
        assertThat(persistence.isFresh()).isFalse();
        persistence.commit(List.of(insertion(DOCUMENTS + 1)));
      }
    }
  }

  private FreshetException refusal() throws IOException {
    Map<Path, String> before = contents();
    FreshetException refusal = catchThrowableOfType(FreshetException.class, () -> start(root));
    assertThat(refusal).isNotNull();
    assertThat(contents()).as("nothing is overwritten").isEqualTo(before);
    return refusal;
  }

  /** All files with what is in them, but for what SQLite keeps only while it is open. */
  private Map<Path, String> contents() throws IOException {
    Map<Path, String> contents = new HashMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(each);
        if (!each.toString().endsWith("-shm") && bytes.length > 0) {
          contents.put(each, bytes.length + " bytes, " + Arrays.hashCode(bytes));
        }
      }
    }
    return contents;
  }

  private List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    Consumer<Finding> add = findings::add;
    try (StoreInspection store = SqliteInspection.open(DataDirectory.databaseOf(root))) {
      store.check(add, Progress.NONE);
      store.walk(NOBODY, add, Progress.NONE);
    } catch (FreshetException e) {
      findings.add(new Finding(Kind.DAMAGED_FILE, 0, null, 0, e.text()));
    }
    return findings;
  }

  @Test
  void soundDirectoryStarts() {
    assertThat(findings()).isEmpty();
    start(root);
    assertThat(findings()).isEmpty();
  }

  @Test
  void aTruncatedFileIsRefusedAndTheEndNamed() throws IOException {
    long size = Files.size(file);
    for (long kept : new long[] {size - 1, size / 2, 4096, 4095, 100, 10}) {
      truncate(file, kept);
      FreshetException refusal = refusal();
      assertThat(refusal.code()).as("%d bytes", kept).isEqualTo("DatabaseDamaged");
      assertThat(refusal.text())
          .contains(file.toString(), kept < 100 ? "byte 0" : "byte " + kept)
          .contains("db verify --data-dir " + root, "backup", "Nothing was changed");
      assertThat(findings()).extracting(Finding::kind).containsOnly(Kind.DAMAGED_FILE);
    }
  }

  private static void truncate(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  @Test
  void anEmptyOrMissingFileBesideItsLogIsRefused() throws IOException {
    byte[] log = new byte[100_000];
    new Random(1).nextBytes(log);
    Files.write(root.resolve(DataDirectory.DATABASE + "-wal"), log);
    truncate(file, 0);
    assertThat(refusal()).returns("DatabaseDamaged", FreshetException::code);
    Files.delete(file);
    DirectoryBlobStore.open(root.resolve(DataDirectory.BLOBS)).delete(BLOB);
    Files.delete(root.resolve(DataDirectory.BLOBS).resolve(BLOB.substring(0, 2)));
    FreshetException refusal = refusal();
    assertThat(refusal.code()).isEqualTo("DatabaseDamaged");
    assertThat(refusal.text()).contains("-wal", "belong together");
  }

  @Test
  void aMissingDatabaseIsNotReplacedByAnEmptyOne() throws IOException {
    Files.delete(file);
    FreshetException refusal = refusal();
    assertThat(refusal.code()).isEqualTo("DatabaseDamaged");
    assertThat(refusal.text()).contains(DataDirectory.DATABASE + " is missing", "backup");
    assertThat(file).doesNotExist();
  }

  @Test
  void whatIsNoDatabaseIsRefused() throws IOException {
    Files.writeString(file, "this is not a database\n".repeat(1000));
    assertThat(refusal()).returns("DatabaseDamaged", FreshetException::code);
  }

  @Test
  void flippedBitsAreFoundOrDoNoHarmToTheCheck() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] sound = Files.readAllBytes(file);
    int found = 0;
    for (int i = 0; i < 60; i++) {
      byte[] flipped = sound.clone();
      int at = random.nextInt(flipped.length / 4096) * 4096 + random.nextInt(12);
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, flipped);
      found += findings().isEmpty() ? 0 : 1;
    }
    assertThat(found).as("seed %d: most flips in the heads of pages matter", seed).isGreaterThan(9);
  }

  @Test
  void aDamagedPageIsNamedByItsTree() throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (long page = 20; page < 23; page++) {
        channel.write(ByteBuffer.wrap(new byte[4096]), page * 4096);
      }
    }
    assertThat(findings())
        .anySatisfy(
            finding ->
                assertThat(finding.detail())
                    .containsPattern("Tree \\d+ \\((docs|log|idx)[a-z_]*\\) page"));
  }

  @Test
  void aNewerFormatIsRefused() throws IOException {
    Files.writeString(root.resolve(DataDirectory.VERSION), "99\n");
    FreshetException refusal = refusal();
    assertThat(refusal.code()).isEqualTo("DataDirectoryTooNew");
    assertThat(refusal.text()).contains("format 99", "newer");
  }

  @Test
  void aReadOnlyDirectoryIsRefusedButCanBeVerified() throws Exception {
    Path mountPoint = Files.createDirectory(parent.resolve("mounted"));
    try (SmallFileSystem small = SmallFileSystem.mount(mountPoint, 16 << 20)) {
      root = small.root().resolve("data");
      write(root);
      small.makeReadOnly();
      FreshetException refusal = refusal();
      assertThat(refusal.code()).isEqualTo("DataDirectoryInvalid");
      assertThat(refusal.text()).contains(root.toString(), "Read-only");
      assertThat(findings()).isEmpty();
    }
  }

  @Test
  void aFullDiskAtTheStartIsNamed() throws Exception {
    Path mountPoint = Files.createDirectory(parent.resolve("mounted"));
    try (SmallFileSystem small = SmallFileSystem.mount(mountPoint, 16 << 20)) {
      root = small.root().resolve("data");
      write(root);
      small.fill();
      FreshetException refusal = refusal();
      assertThat(refusal.code()).isEqualTo("DiskFull");
      assertThat(refusal.text()).contains(root.toString(), "Free some");
      small.free();
      assertThat(findings()).isEmpty();
      start(root);
    }
  }

  @Test
  void aFullDiskOnTheVeryFirstStartIsNamed() throws Exception {
    Path mountPoint = Files.createDirectory(parent.resolve("mounted"));
    try (SmallFileSystem small = SmallFileSystem.mount(mountPoint, 16 << 20)) {
      small.fill();
      root = small.root().resolve("data");
      assertThat(catchThrowableOfType(FreshetException.class, () -> start(root)))
          .returns("DiskFull", FreshetException::code);
      small.free();
      write(root);
    }
  }
}
