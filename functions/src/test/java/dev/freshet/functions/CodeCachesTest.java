package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeCachesTest {
  private static final String HASH = "ab".repeat(32);
  @TempDir Path directory;

  @Test
  void outliveTheServer() {
    new CodeCaches(directory).put(HASH, new byte[] {1});
    CodeCaches caches = new CodeCaches(directory);
    assertThat(caches.get(HASH)).containsExactly(1);
    caches.put(HASH, new byte[] {2, 3});
    assertThat(caches.get(HASH)).containsExactly(2, 3);
    assertThat(caches.get("cd".repeat(32))).isNull();
  }

  @Test
  void areNeverWrittenOutsideTheirDirectory() throws Exception {
    Path inner = directory.resolve("inner");
    CodeCaches caches = new CodeCaches(inner);
    caches.put("../out", new byte[] {1});
    caches.put("x", new byte[] {1});
    assertThat(directory).isDirectoryNotContaining(path -> !path.equals(inner));
    assertThat(inner).isEmptyDirectory();
  }

  @Test
  void stayWithinTheirBoundAndKeepTheLatest() throws Exception {
    CodeCaches caches = new CodeCaches(directory);
    byte[] large = new byte[40 << 20];
    for (int i = 0; i < 7; i++) {
      caches.put(String.format("%064x", i), large);
      Files.setLastModifiedTime(
          directory.resolve(String.format("%064x", i)),
          java.nio.file.attribute.FileTime.fromMillis(1000L * i));
    }
    try (var files = Files.list(directory)) {
      assertThat(files.count()).isLessThan(6);
    }
    assertThat(caches.get(String.format("%064x", 6))).isNotNull();
    assertThat(caches.get(String.format("%064x", 0))).isNull();
  }
}
