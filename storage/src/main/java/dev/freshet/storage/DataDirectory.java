package dev.freshet.storage;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds everything a deployment keeps: {@code db.sqlite3}, {@code storage/}
 * (blobs), {@code cache/} (what can be made again from these) and {@code credentials/} (secrets,
 * readable by the owner only), next to {@code version} (the format, decision 17) and {@code lock}.
 * Open means locked: a second server on the same directory is refused. Thread-safe.
 */
public final class DataDirectory implements AutoCloseable {
  /** The format this version of Freshet writes. */
  public static final int FORMAT_VERSION = 2;

  public static final String DATABASE = "db.sqlite3";
  public static final String BLOBS = "storage";
  public static final String CACHE = "cache";
  public static final String CREDENTIALS = "credentials";
  public static final String VERSION = "version";

  private final Path root;
  private final FileChannel lockFile;

  private DataDirectory(Path root, FileChannel lockFile) {
    this.root = root;
    this.lockFile = lockFile;
  }

  /**
   * Creates the directory if there is none, locks it and checks its format. A directory of an older
   * format is opened; whoever opens its database upgrades it first.
   *
   * @throws FreshetException {@code DataDirectoryInUse} if another process (or this one) holds it,
   *     {@code DataDirectoryTooNew} if a newer Freshet wrote it, {@code DatabaseDamaged} if its
   *     database is gone, {@code DataDirectoryInvalid} or {@code DiskFull} if it can't be used
   */
  public static DataDirectory open(Path directory) {
    Path root = directory.toAbsolutePath().normalize();
    FileChannel channel = null;
    try {
      createPrivateDirectory(root);
      channel = lock(root);
      DataDirectory opened = new DataDirectory(root, channel);
      opened.checkVersion();
      opened.checkDatabase();
      createPrivateDirectory(opened.blobs());
      createPrivateDirectory(opened.credentials());
      channel = null;
      return opened;
    } catch (IOException e) {
      throw failure(root, e);
    } finally {
      closeQuietly(channel);
    }
  }

  private static FreshetException failure(Path root, IOException cause) {
    boolean full = String.valueOf(cause.getMessage()).contains("No space left");
    String advice =
        switch (cause) {
          case AccessDeniedException _ ->
              ". Check who owns it; it must belong to the user who runs the server.";
          case FileSystemException _ when full -> ". Free some space and start again.";
          default -> "";
        };
    return new FreshetException(
        ErrorClass.OPERATIONAL,
        full ? "DiskFull" : "DataDirectoryInvalid",
        "The data directory " + root + " can't be used: " + cause + advice,
        null,
        cause);
  }

  /**
   * The database of a directory that may be in use by a server, for tools that only read.
   *
   * @throws FreshetException {@code DataDirectoryInvalid} if there is none, {@code
   *     DataDirectoryTooNew}
   */
  public static Path databaseOf(Path directory) {
    Path root = directory.toAbsolutePath().normalize();
    if (!Files.isDirectory(root)) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL, "DataDirectoryInvalid", "There is no directory " + root + ".");
    }
    try {
      if (Files.exists(root.resolve(VERSION))) {
        readVersion(root);
      }
    } catch (IOException e) {
      throw failure(root, e);
    }
    return root.resolve(DATABASE);
  }

  public Path root() {
    return root;
  }

  /** The file for {@code SqlitePersistence}. */
  public Path database() {
    return root.resolve(DATABASE);
  }

  /** Where the database is written anew before it takes its place. */
  public Path compacted() {
    return root.resolve(DATABASE + ".vacuum");
  }

  /** The directory for {@code DirectoryBlobStore}. */
  public Path blobs() {
    return root.resolve(BLOBS);
  }

  /** What can be made again from the rest; need not exist, and may be deleted at any time. */
  public Path cache() {
    return root.resolve(CACHE);
  }

  private Path credentials() {
    return root.resolve(CREDENTIALS);
  }

  /** A secret kept under a name of our own choosing; null if there is none. */
  public @Nullable String credential(String name) {
    return readCredential(root, name);
  }

  /** Reads a secret of a directory that may be in use by a server; null if there is none. */
  public static @Nullable String readCredential(Path directory, String name) {
    Path file = directory.resolve(CREDENTIALS).resolve(name);
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
            PrivateFiles.mode(root, PrivateFiles.FILE));
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
    Path file = root.resolve(VERSION);
    if (!Files.exists(file)) {
      replace(file, FORMAT_VERSION + "\n");
      return;
    }
    readVersion(root);
  }

  /** A database that has gone must not be replaced by an empty one. */
  private void checkDatabase() throws IOException {
    Files.deleteIfExists(compacted());
    if (!Files.exists(database()) && hasBlobs()) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DatabaseDamaged",
          "The data directory "
              + root
              + " has modules, but its database "
              + DATABASE
              + " is missing. Put it back or restore a backup; to start anew, use another"
              + " --data-dir.");
    }
  }

  private boolean hasBlobs() throws IOException {
    if (!Files.isDirectory(blobs())) {
      return false;
    }
    try (Stream<Path> shards = Files.list(blobs())) {
      return shards.anyMatch(shard -> String.valueOf(shard.getFileName()).length() == 2);
    }
  }

  /** The format of the directory. */
  public int format() {
    try {
      return readVersion(root);
    } catch (IOException e) {
      throw failure(root, e);
    }
  }

  /** Notes that the directory has this format now; durable when this returns. */
  public void putFormat(int format) {
    try {
      replace(root.resolve(VERSION), format + "\n");
    } catch (IOException e) {
      throw failure(root, e);
    }
  }

  private static int readVersion(Path root) throws IOException {
    String text = Files.readString(root.resolve(VERSION)).strip();
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
    return version;
  }

  /** Writes beside and renames, so that a crash leaves the old file or the new one. */
  private void replace(Path file, String text) throws IOException {
    Path written = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(written);
    try (FileChannel channel =
        FileChannel.open(
            written,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PrivateFiles.mode(root, PrivateFiles.FILE))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    PrivateFiles.sync(file.resolveSibling(""));
  }

  private static void createPrivateDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Path parent = directory.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      PrivateFiles.createDirectory(directory);
    }
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
