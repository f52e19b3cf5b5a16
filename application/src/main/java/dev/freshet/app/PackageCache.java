package dev.freshet.app;

import dev.freshet.storage.blob.BlobStore;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * External packages as folders that Node processes can use: unpacked once from the blob store, kept
 * while they are deployed or leased. Thread-safe.
 *
 * <p>A folder gets its name when it is complete, so one that is there can be used, also after a
 * crash. Leases are counted under the lock; what is leased has an entry. A folder that nobody needs
 * is renamed under the lock, so that whoever leases it next finds it gone and unpacks it again, and
 * removed afterwards.
 */
final class PackageCache {
  private static final Logger LOG = LoggerFactory.getLogger(PackageCache.class);
  private static final String MODULES = "node_modules";
  private static final String GONE = ".gone";

  private final Path root;
  private final BlobStore blobs;
  private final Map<String, Entry> entries = new HashMap<>(); // guarded by this
  private long names; // guarded by this

  /** A folder in use; its own lock is held while it is unpacked. */
  private static final class Entry {
    private int leases; // guarded by the cache
    private boolean complete; // guarded by this
  }

  /** Keeps a folder in place; closed exactly once. */
  interface Lease extends AutoCloseable {
    /** The {@code node_modules} folder. */
    Path modules();

    @Override
    void close();
  }

  PackageCache(Path root, BlobStore blobs) {
    this.root = root;
    this.blobs = blobs;
  }

  /**
   * @param key the archive's blob, which must be there
   */
  Lease lease(String key) {
    Entry entry;
    synchronized (this) {
      entry = entries.computeIfAbsent(key, _ -> new Entry());
      entry.leases++;
    }
    try {
      complete(key, entry);
    } catch (IOException e) {
      release(key, entry);
      throw FreshetException.internal("The packages " + key + " can't be unpacked", e);
    } catch (RuntimeException e) {
      release(key, entry);
      throw e;
    }
    return new Lease() {
      @Override
      public Path modules() {
        return root.resolve(key).resolve(MODULES);
      }

      @Override
      public void close() {
        release(key, entry);
      }
    };
  }

  private void complete(String key, Entry entry) throws IOException {
    synchronized (entry) {
      Path folder = root.resolve(key);
      if (!entry.complete && !Files.isDirectory(folder)) {
        byte[] archive = blobs.get(key);
        if (archive == null) {
          throw FreshetException.internal("The packages " + key + " are missing", null);
        }
        Files.createDirectories(root);
        Path draft = Files.createTempDirectory(root, GONE);
        PackageArchive.unpack(archive, draft.resolve(MODULES));
        Files.move(draft, folder);
      }
      entry.complete = true;
    }
  }

  private synchronized void release(String key, Entry entry) {
    if (--entry.leases == 0) {
      entries.remove(key);
    }
  }

  /** Removes the folders that are neither leased nor among those to be kept. */
  void clean(Set<String> kept) {
    try {
      for (Path folder : rename(kept)) {
        PackageArchive.remove(folder);
      }
    } catch (IOException e) {
      LOG.warn("Unneeded packages in {} can't be removed", root, e);
    }
  }

  private synchronized List<Path> rename(Set<String> kept) throws IOException {
    List<Path> gone = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      return gone;
    }
    List<Path> folders;
    try (Stream<Path> listed = Files.list(root)) {
      folders = listed.toList();
    }
    for (Path folder : folders) {
      String name = String.valueOf(folder.getFileName());
      if (name.startsWith(GONE)) {
        if (entries.isEmpty()) {
          gone.add(folder); // left behind; nobody is unpacking now
        }
      } else if (!kept.contains(name) && !entries.containsKey(name)) {
        Path unnamed = root.resolve(GONE + "-" + names++ + "-" + name);
        gone.add(Files.move(folder, unnamed));
      }
    }
    return gone;
  }
}
