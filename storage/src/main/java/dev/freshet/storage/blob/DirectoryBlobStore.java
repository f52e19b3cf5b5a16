package dev.freshet.storage.blob;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Blobs as files of a local directory, spread over 256 subdirectories by the first byte of the
 * hash. A blob appears under its name only when it is complete and on disk: it is written under a
 * temporary name, flushed, renamed, and the directory is flushed. A crash may leave temporary files
 * behind, which the next {@link #open} removes; so only one process at a time uses the directory.
 */
public final class DirectoryBlobStore implements BlobStore {
  private static final int NAME_LENGTH = 64;
  static final String TEMPORARY = "tmp";

  private final Path root;
  private final Path temporary;
  private final Clock clock;

  /** Held while the age of a blob is renewed, or looked at for the sake of deleting it. */
  private final ReentrantLock ages = new ReentrantLock();

  private DirectoryBlobStore(Path root, Clock clock) {
    this.root = root;
    this.clock = clock;
    this.temporary = root.resolve(TEMPORARY);
  }

  /** Opens the store, creating the directory if there is none. */
  public static DirectoryBlobStore open(Path root) {
    return open(root, Clock.system());
  }

  /** The same with a clock by which blobs grow old. */
  public static DirectoryBlobStore open(Path root, Clock clock) {
    DirectoryBlobStore store = new DirectoryBlobStore(root, clock);
    try {
      Files.createDirectories(store.temporary);
      try (var leftovers = Files.newDirectoryStream(store.temporary)) {
        for (Path leftover : leftovers) {
          Files.delete(leftover);
        }
      }
      syncDirectory(root);
    } catch (IOException e) {
      throw FreshetException.internal("Can't use " + root + " as a directory of blobs", e);
    }
    return store;
  }

  @Override
  public void put(String sha256, byte[] content) {
    Path target = path(sha256);
    if (!MessageDigest.isEqual(sha256.getBytes(US_ASCII), hash(content).getBytes(US_ASCII))) {
      throw FreshetException.internal("The content of blob " + sha256 + " has another hash", null);
    }
    if (renew(sha256)) {
      return;
    }
    try {
      Path written = Files.createTempFile(temporary, "", "");
      try {
        write(written, content);
        Files.setLastModifiedTime(written, FileTime.fromMillis(clock.unixMillis()));
        Path shard = target.resolveSibling("");
        if (!Files.isDirectory(shard)) {
          Files.createDirectories(shard);
          syncDirectory(root);
        }
        Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(shard);
      } finally {
        Files.deleteIfExists(written);
      }
    } catch (IOException e) {
      throw FreshetException.internal("Can't write blob " + sha256, e);
    }
  }

  @Override
  public byte @Nullable [] get(String sha256) {
    try {
      return Files.readAllBytes(path(sha256));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw FreshetException.internal("Can't read blob " + sha256, e);
    }
  }

  @Override
  public boolean contains(String sha256) {
    return Files.exists(path(sha256));
  }

  @Override
  public void delete(String sha256) {
    try {
      Files.deleteIfExists(path(sha256));
    } catch (IOException e) {
      throw FreshetException.internal("Can't delete blob " + sha256, e);
    }
  }

  @Override
  public boolean renew(String sha256) {
    Path file = path(sha256);
    ages.lock();
    try {
      Files.setLastModifiedTime(file, FileTime.fromMillis(clock.unixMillis()));
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw FreshetException.internal("Can't renew blob " + sha256, e);
    } finally {
      ages.unlock();
    }
  }

  @Override
  public List<String> olderThan(long unixMillis) {
    try (Stream<Path> files = Files.walk(root, 2)) {
      return files
          .filter(file -> file.getFileName().toString().length() == NAME_LENGTH)
          .filter(file -> isOlder(file, unixMillis))
          .map(file -> file.getFileName().toString())
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw FreshetException.internal("Can't list the blobs of " + root, e);
    }
  }

  private static boolean isOlder(Path file, long unixMillis) {
    try {
      return Files.getLastModifiedTime(file).toMillis() < unixMillis;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean deleteIfOlder(String sha256, long unixMillis) {
    Path file = path(sha256);
    ages.lock();
    try {
      return isOlder(file, unixMillis) && Files.deleteIfExists(file);
    } catch (IOException | UncheckedIOException e) {
      throw FreshetException.internal("Can't delete blob " + sha256, e);
    } finally {
      ages.unlock();
    }
  }

  /** The only place where a name becomes a path: it consists of hexadecimal digits by then. */
  private Path path(String sha256) {
    boolean valid = sha256.length() == NAME_LENGTH;
    for (int i = 0; valid && i < NAME_LENGTH; i++) {
      char c = sha256.charAt(i);
      valid = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    if (!valid) {
      throw FreshetException.internal("A blob's name must be a SHA-256 in lower-case hex", null);
    }
    return root.resolve(sha256.substring(0, 2)).resolve(sha256);
  }

  private static String hash(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void write(Path file, byte[] content) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  /** Makes names in the directory durable; where a platform can't open directories, it does so. */
  private static void syncDirectory(Path directory) throws IOException {
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
