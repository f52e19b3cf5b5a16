package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.blob.BlobStore;
import dev.freshet.storage.blob.DirectoryBlobStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackageCacheTest {
  private static final int PACKAGES = 3;

  @TempDir Path directory;

  private Path root;
  private PackageCache cache;
  private final List<String> keys = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    BlobStore blobs = DirectoryBlobStore.open(directory.resolve("blobs"));
    root = directory.resolve("cache").resolve("packages");
    for (int i = 0; i < PACKAGES; i++) {
      Path modules = Files.createDirectories(directory.resolve("made" + i).resolve("one"));
      Files.writeString(modules.resolve("index.js"), "package " + i);
      byte[] packed = PackageArchive.pack(modules.resolveSibling("")).content();
      keys.add(Hashes.sha256Hex(packed));
      blobs.put(keys.getLast(), packed);
    }
    cache = new PackageCache(root, blobs);
  }

  private static String content(PackageCache.Lease lease) throws IOException {
    return Files.readString(lease.modules().resolve("one").resolve("index.js"), UTF_8);
  }

  @Test
  void whatIsLeasedOrKeptStaysAndTheRestGoes() throws Exception {
    PackageCache.Lease first = cache.lease(keys.get(0));
    cache.lease(keys.get(1)).close();
    cache.lease(keys.get(2)).close();
    cache.clean(Set.of(keys.get(1)));
    assertThat(content(first)).isEqualTo("package 0");
    assertThat(root.resolve(keys.get(1))).exists();
    assertThat(root.resolve(keys.get(2))).doesNotExist();
    first.close();
    cache.clean(Set.of());
    assertThat(root).isEmptyDirectory();
    try (PackageCache.Lease again = cache.lease(keys.get(0))) {
      assertThat(content(again)).isEqualTo("package 0");
    }
  }

  @Test
  void whatACrashLeftBehindIsRemoved() throws Exception {
    Files.createDirectories(root.resolve(".gone123").resolve("node_modules"));
    cache.clean(Set.of());
    assertThat(root).isEmptyDirectory();
  }

  /** Leases of several threads beside a cleaner that keeps nothing: none sees a folder vanish. */
  @Test
  void noFolderIsRemovedInUse() throws Exception {
    long seed = new Random().nextLong();
    List<Future<?>> users = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 4; i++) {
        Random random = new Random(seed + i);
        users.add(
            threads.submit(
                () -> {
                  for (int n = 0; n < 100; n++) {
                    int wanted = random.nextInt(PACKAGES);
                    try (PackageCache.Lease lease = cache.lease(keys.get(wanted))) {
                      assertThat(content(lease)).as("seed %d", seed).isEqualTo("package " + wanted);
                      assertThat(content(lease)).as("seed %d", seed).isEqualTo("package " + wanted);
                    }
                  }
                  return null;
                }));
      }
      while (users.stream().anyMatch(user -> !user.isDone())) {
        cache.clean(Set.of());
      }
      for (Future<?> user : users) {
        user.get();
      }
    }
  }
}
