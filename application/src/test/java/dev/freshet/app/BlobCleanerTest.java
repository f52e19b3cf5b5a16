package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.storage.blob.BlobStore;
import dev.freshet.storage.blob.DirectoryBlobStore;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobCleanerTest {
  @TempDir private Path directory;
  private final SimulatedClock clock = new SimulatedClock();
  private final Database database =
      Database.open(
          new InMemoryPersistence(),
          clock,
          new Random(1),
          Limits.defaults(),
          List.of(
              DeploymentTables.MODULES,
              DeploymentTables.SOURCE_PACKAGES,
              DeploymentTables.EXTERNAL_PACKAGES,
              StorageTables.FILES));
  private BlobStore blobs;
  private BlobCleaner cleaner;

  @BeforeEach
  void open() {
    blobs = DirectoryBlobStore.open(directory, clock);
    cleaner = new BlobCleaner(database, blobs, clock);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private String put(String content) {
    String name = Hashes.sha256Hex(content.getBytes(UTF_8));
    blobs.put(name, content.getBytes(UTF_8));
    return name;
  }

  @Test
  void whatNothingRefersToGoesAfterADay() {
    String blob = put("of a push that was given up");
    clock.advance(Duration.ofHours(23));
    cleaner.step();
    assertThat(blobs.contains(blob)).isTrue();
    clock.advance(Duration.ofHours(2));
    cleaner.step();
    assertThat(blobs.contains(blob)).isFalse();
  }

  @Test
  void whatIsPutOrRenewedAgainStaysForAnotherDay() {
    String put = put("a");
    String renewed = put("b");
    clock.advance(Duration.ofHours(20));
    put("a");
    assertThat(blobs.renew(renewed)).isTrue();
    clock.advance(Duration.ofHours(20));
    cleaner.step();
    assertThat(blobs.contains(put)).isTrue();
    assertThat(blobs.contains(renewed)).isTrue();
    clock.advance(Duration.ofHours(5));
    cleaner.step();
    assertThat(blobs.contains(put)).isFalse();
    assertThat(blobs.renew(put)).isFalse();
  }

  @Test
  void packagesAndFilesStay() {
    String manifest = put("the deployed push");
    String file = put("a file");
    String packages = put("packages from npm");
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    DeploymentTables.SOURCE_PACKAGES.insert(
        transaction, new SourcePackage(manifest, "convex/", 10, null));
    DeploymentTables.EXTERNAL_PACKAGES.insert(
        transaction, new ExternalPackages(packages, List.of(), null, 17, 17));
    StorageTables.FILES.insert(
        transaction,
        new StorageTables.StoredFile("uuid", file, HexFormat.of().parseHex(file), 6, null));
    database.commit(transaction, WriteSource.system("test"));
    clock.advance(Duration.ofDays(30));
    cleaner.step();
    assertThat(blobs.contains(manifest)).isTrue();
    assertThat(blobs.contains(file)).isTrue();
    assertThat(blobs.contains(packages)).isTrue();
  }
}
