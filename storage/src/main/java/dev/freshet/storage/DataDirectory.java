package dev.freshet.storage;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds everything a deployment keeps: {@code db.sqlite3}, {@code storage/}
 * (blobs) and {@code credentials/} (secrets, readable by the owner only), next to {@code version}
 * (the format, decision 17) and {@code lock}. Open means locked: a second server on the same
 * directory is refused. Thread-safe.
 */
public final class DataDirectory implements AutoCloseable {
  /** The format this version of Freshet writes. */
  public static final int FORMAT_VERSION = 1;

  private static final Set<PosixFilePermission> PRIVATE_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> PRIVATE_FILE =
      PosixFilePermissions.fromString("rw-------");

  private final Path root;
  private final FileChannel lockFile;

  private DataDirectory(Path root, FileChannel lockFile) {
    this.root = root;
    this.lockFile = lockFile;
  }

  /**
   * Creates the directory if there is none, locks it and checks its format.
   *
   * @throws FreshetException {@code DataDirectoryInUse} if another process (or this one) holds it,
   *     {@code DataDirectoryTooNew} if a newer Freshet wrote it, {@code DataDirectoryInvalid} if it
   *     can't be used
   */
  public static DataDirectory open(Path directory) {
    Path root = directory.toAbsolutePath().normalize();
    FileChannel channel = null;
    try {
      createPrivateDirectory(root);
      channel = lock(root);
      DataDirectory opened = new DataDirectory(root, channel);
      opened.checkVersion();
      createPrivateDirectory(opened.blobs());
      createPrivateDirectory(opened.credentials());
      channel = null;
      return opened;
    } catch (IOException e) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DataDirectoryInvalid",
          "The data directory " + root + " can't be used: " + e,
          null,
          e);
    } finally {
      closeQuietly(channel);
    }
  }

  public Path root() {
    return root;
  }

  /** The file for {@code SqlitePersistence}. */
  public Path database() {
    return root.resolve("db.sqlite3");
  }

  /** The directory for {@code DirectoryBlobStore}. */
  public Path blobs() {
    return root.resolve("storage");
  }

  private Path credentials() {
    return root.resolve("credentials");
  }

  /** A secret kept under a name of our own choosing; null if there is none. */
  public @Nullable String credential(String name) {
    return readCredential(root, name);
  }

  /** Reads a secret of a directory that may be in use by a server; null if there is none. */
  public static @Nullable String readCredential(Path directory, String name) {
    Path file = directory.resolve("credentials").resolve(name);
    try {
      return Files.exists(file) ? Files.readString(file).strip() : null;
    } catch (IOException e) {
      throw FreshetException.internal("Can't read " + file, e);
    }
  }

  /** Keeps a secret: durable when this returns, readable by the owner only. */
  public void putCredential(String name, String secret) {
    Path file = credentials().resolve(name);
    try {
      replace(file, secret + "\n");
    } catch (IOException e) {
      throw FreshetException.internal("Can't write " + file, e);
    }
  }

  /** Releases the lock. */
  @Override
  public void close() {
    closeQuietly(lockFile);
  }

  private static FileChannel lock(Path root) throws IOException {
    FileChannel channel =
        FileChannel.open(
            root.resolve("lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            mode(root, PRIVATE_FILE));
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by this very process.
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    if (lock == null) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DataDirectoryInUse",
          "The data directory "
              + root
              + " is in use by another Freshet server. Stop that server first, or start this one"
              + " with another --data-dir.");
    }
    return channel;
  }

  private void checkVersion() throws IOException {
    Path file = root.resolve("version");
    if (!Files.exists(file)) {
      replace(file, FORMAT_VERSION + "\n");
      return;
    }
    String text = Files.readString(file).strip();
    int version;
    try {
      version = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IOException("its format version is \"" + text + "\"", e);
    }
    if (version > FORMAT_VERSION) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DataDirectoryTooNew",
          "The data directory "
              + root
              + " has format "
              + version
              + ", written by a newer Freshet; this one knows formats up to "
              + FORMAT_VERSION
              + ". Start the newer version, or use another --data-dir.");
    }
  }

  /** Writes beside and renames, so that a crash leaves the old file or the new one. */
  private void replace(Path file, String text) throws IOException {
    Path written = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(written);
    try (FileChannel channel =
        FileChannel.open(
            written,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            mode(root, PRIVATE_FILE))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    if (isPosix(file)) {
      try (FileChannel channel =
          FileChannel.open(file.resolveSibling(""), StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static void createPrivateDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Path parent = directory.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(directory, mode(directory, PRIVATE_DIRECTORY));
    }
  }

  private static FileAttribute<?>[] mode(Path path, Set<PosixFilePermission> permissions) {
    return isPosix(path)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // The lock is gone with the channel either way.
      }
    }
  }
}
