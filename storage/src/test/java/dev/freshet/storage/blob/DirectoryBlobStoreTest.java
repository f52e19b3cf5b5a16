package dev.freshet.storage.blob;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DirectoryBlobStoreTest {
  private static final byte[] CONTENT = "module".getBytes(UTF_8);

  @TempDir private Path directory;

  @Test
  void keepsABlobAcrossAnOpen() {
    BlobStore store = DirectoryBlobStore.open(directory.resolve("blobs"));
    assertThat(store.contains(hash(CONTENT))).isFalse();
    assertThat(store.get(hash(CONTENT))).isNull();
    store.put(hash(CONTENT), CONTENT);
    store.put(hash(CONTENT), CONTENT);

    BlobStore again = DirectoryBlobStore.open(directory.resolve("blobs"));
    assertThat(again.contains(hash(CONTENT))).isTrue();
    assertThat(again.get(hash(CONTENT))).isEqualTo(CONTENT);
    again.delete(hash(CONTENT));
    again.delete(hash(CONTENT));
    assertThat(again.contains(hash(CONTENT))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../../etc/passwd", "abc", "ABCD", "..", "/"})
  void refusesNamesThatAreNoHash(String name) {
    BlobStore store = DirectoryBlobStore.open(directory);
    assertThatThrownBy(() -> store.get(name)).isInstanceOf(FreshetException.class);
    assertThatThrownBy(() -> store.put(name, CONTENT)).isInstanceOf(FreshetException.class);
    String padded = name + "0".repeat(64 - name.length() - 1) + "/";
    assertThatThrownBy(() -> store.contains(padded)).isInstanceOf(FreshetException.class);
  }

  @Test
  void refusesContentWithAnotherHash() {
    BlobStore store = DirectoryBlobStore.open(directory);
    assertThatThrownBy(() -> store.put("0".repeat(64), CONTENT))
        .isInstanceOf(FreshetException.class);
    assertThat(store.contains("0".repeat(64))).isFalse();
  }

  @Test
  void removesWhatAnInterruptedWriteLeftBehind() throws IOException {
    DirectoryBlobStore.open(directory);
    Files.write(directory.resolve("tmp").resolve("left"), CONTENT);
    DirectoryBlobStore.open(directory);
    try (Stream<Path> left = Files.list(directory.resolve("tmp"))) {
      assertThat(left).isEmpty();
    }
  }

  private static String hash(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
