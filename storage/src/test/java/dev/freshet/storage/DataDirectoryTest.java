package dev.freshet.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirectoryTest {
  @TempDir private Path parent;

  @Test
  void isCreatedWithEverythingInIt() throws IOException {
    Path root = parent.resolve("a").resolve("data");
    try (DataDirectory data = DataDirectory.open(root)) {
      assertThat(data.database()).isEqualTo(root.resolve("db.sqlite3"));
      assertThat(data.blobs()).isDirectory();
      assertThat(Files.readString(root.resolve("version")))
          .isEqualTo(DataDirectory.FORMAT_VERSION + "\n");
    }
  }

  @Test
  void isOpenOnceAtATime() {
    try (DataDirectory first = DataDirectory.open(parent)) {
      assertThatThrownBy(() -> DataDirectory.open(parent))
          .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
          .returns("DataDirectoryInUse", FreshetException::code)
          .extracting(FreshetException::text)
          .asString()
          .contains(first.root().toString(), "--data-dir");
    }
    DataDirectory.open(parent).close();
  }

  @Test
  void isRefusedWhenANewerVersionWroteIt() throws IOException {
    Files.writeString(parent.resolve("version"), (DataDirectory.FORMAT_VERSION + 1) + "\n");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> DataDirectory.open(parent))
          .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
          .returns("DataDirectoryTooNew", FreshetException::code);
    }
  }

  @Test
  void isRefusedWhenItIsNoDirectory() throws IOException {
    Path file = Files.createFile(parent.resolve("file"));
    assertThatThrownBy(() -> DataDirectory.open(file))
        .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
        .returns("DataDirectoryInvalid", FreshetException::code);
  }

  @Test
  void keepsCredentials() {
    try (DataDirectory data = DataDirectory.open(parent)) {
      assertThat(data.credential("instance_secret")).isNull();
      data.putCredential("instance_secret", "old");
      data.putCredential("instance_secret", "new");
      assertThat(data.credential("instance_secret")).isEqualTo("new");
      assertThat(DataDirectory.readCredential(parent, "instance_secret")).isEqualTo("new");
    }
  }

  @Test
  void isForItsOwnerOnly() throws IOException {
    assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
    Path root = parent.resolve("data");
    try (DataDirectory data = DataDirectory.open(root)) {
      data.putCredential("instance_secret", "x");
      assertThat(mode(root)).isEqualTo("rwx------");
      assertThat(mode(root.resolve("credentials"))).isEqualTo("rwx------");
      assertThat(mode(root.resolve("credentials").resolve("instance_secret")))
          .isEqualTo("rw-------");
      assertThat(mode(root.resolve("lock"))).isEqualTo("rw-------");
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
