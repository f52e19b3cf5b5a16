package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What V8 compiled of modules' scripts, by the scripts' hash: one file each, so that they cost no
 * heap and a server that starts again finds them. V8 itself refuses those of another version or
 * other flags. Bounded; the longest unused go first. Thread-safe.
 */
final class CodeCaches {
  private static final Logger LOG = LoggerFactory.getLogger(CodeCaches.class);
  private static final long MAX_BYTES = 256L << 20;
  private static final long KEPT_BYTES = MAX_BYTES / 4 * 3;
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
  private static final String NEW = ".new";

  private final Path directory;
  private long bytes;
  private long written;

  private record Entry(Path path, long size, FileTime used) {}

  /**
   * @param directory made if it isn't there; holds nothing else
   */
  CodeCaches(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory);
      try (var files = Files.newDirectoryStream(directory, "*" + NEW)) {
        for (Path left : files) {
          Files.deleteIfExists(left);
        }
      }
      bytes = entries().stream().mapToLong(Entry::size).sum();
    } catch (IOException e) {
      throw FreshetException.internal("can't use the directory " + directory, e);
    }
  }

  byte @Nullable [] get(String hash) {
    Path file = directory.resolve(hash);
    try {
      byte[] cache = Files.readAllBytes(file);
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      return cache;
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      LOG.debug("The code cache {} can't be read", file, e);
      return null;
    }
  }

  synchronized void put(String hash, byte[] cache) {
    if (!HASH.matcher(hash).matches() || cache.length > KEPT_BYTES) {
      return;
    }
    Path file = directory.resolve(hash);
    Path fresh = directory.resolve(hash + "." + written++ + NEW);
    try {
      Files.write(fresh, cache);
      long previous = Files.exists(file) ? Files.size(file) : 0;
      move(fresh, file);
      bytes += cache.length - previous;
      if (bytes > MAX_BYTES) {
        shrink();
      }
    } catch (IOException e) {
      LOG.debug("The code cache {} can't be written", file, e);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private List<Entry> entries() throws IOException {
    try (var files = Files.list(directory)) {
      List<Entry> entries = new java.util.ArrayList<>();
      for (Path path : (Iterable<Path>) files::iterator) {
        entries.add(new Entry(path, Files.size(path), Files.getLastModifiedTime(path)));
      }
      return entries;
    }
  }

  private void shrink() throws IOException {
    List<Entry> entries = entries();
    entries.sort(Comparator.comparing(Entry::used));
    bytes = entries.stream().mapToLong(Entry::size).sum();
    for (Entry entry : entries) {
      if (bytes <= KEPT_BYTES) {
        return;
      }
      Files.deleteIfExists(entry.path());
      bytes -= entry.size();
    }
  }
}
