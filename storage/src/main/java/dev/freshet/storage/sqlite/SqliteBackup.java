package dev.freshet.storage.sqlite;

import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.PrivateFiles;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Copies a data directory, in use or not, to another that can be opened as one (decision 17).
 *
 * <p>The database is copied as of one moment after the call, so everything acknowledged before is
 * in it. Blobs never change, are written before a commit that names them and deleted after one that
 * doesn't any more: those that are there before and those that are there after that moment together
 * hold all that the copy names. The copy grows beside its target and gets its name when it is
 * complete and on disk.
 */
public final class SqliteBackup {
  private static final String TEMPORARY_BLOBS = "tmp";

  /**
   * What was copied.
   *
   * @param timestamp the newest commit in the copy
   * @param databaseBytes the copied database
   * @param blobs how many there are
   * @param blobBytes all of them
   * @param credentials whether the directory had secrets to copy
   */
  public record Result(
      long timestamp, long databaseBytes, long blobs, long blobBytes, boolean credentials) {}

  private final Path source;
  private final Path copy;
  private final Progress progress;
  private long blobs;
  private long blobBytes;

  private SqliteBackup(Path source, Path copy, Progress progress) {
    this.source = source;
    this.copy = copy;
    this.progress = progress;
  }

  /**
   * Copies a data directory.
   *
   * @param target doesn't exist, or is an empty directory
   * @throws FreshetException {@code BackupTargetInvalid}, {@code DatabaseDamaged}, {@code
   *     DataDirectoryInvalid}, {@code DataDirectoryTooNew}, {@code DiskFull}
   */
  public static Result write(Path dataDirectory, Path target, Progress progress) {
    DataDirectory.databaseOf(dataDirectory); // it must be one
    Path root = dataDirectory.toAbsolutePath().normalize();
    Path destination = target.toAbsolutePath().normalize();
    Path partial = destination.resolveSibling(destination.getFileName() + ".partial");
    try {
      requireFree(root, destination);
      PrivateFiles.deleteTree(partial);
      Files.createDirectories(destination.resolveSibling(""));
      PrivateFiles.createDirectory(partial);
      try {
        Result result = new SqliteBackup(root, partial, progress).copyAll();
        Files.move(partial, destination, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.sync(destination.resolveSibling(""));
        return result;
      } finally {
        PrivateFiles.deleteTree(partial);
      }
    } catch (IOException e) {
      throw invalid("The backup to " + destination + " failed: " + e);
    }
  }

  private static void requireFree(Path source, Path target) throws IOException {
    if (target.getParent() == null || target.startsWith(source)) {
      throw invalid("A backup can't lie inside the data directory: " + target);
    }
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw invalid(target + " is not a directory.");
    }
    try (Stream<Path> entries = Files.list(target)) {
      if (entries.findAny().isPresent()) {
        throw invalid(target + " is not empty. Name a directory that doesn't exist yet.");
      }
    }
  }

  private static FreshetException invalid(String text) {
    return new FreshetException(ErrorClass.OPERATIONAL, "BackupTargetInvalid", text);
  }

  private Result copyAll() throws IOException {
    copyBlobs();
    Path database = copy.resolve(DataDirectory.DATABASE);
    SqliteCopy.copy(
        source.resolve(DataDirectory.DATABASE), database, "copying the database", progress);
    copyBlobs();
    boolean credentials = copyCredentials();
    Path version = copy.resolve(DataDirectory.VERSION);
    PrivateFiles.createFile(version);
    Files.writeString(version, DataDirectory.FORMAT_VERSION + "\n");
    PrivateFiles.sync(version);
    PrivateFiles.sync(copy);
    try (SqliteInspection inspection = SqliteInspection.open(database)) {
      return new Result(
          inspection.maxTimestamp(), Files.size(database), blobs, blobBytes, credentials);
    }
  }

  /** Copies the blobs that are not in the copy yet. */
  private void copyBlobs() throws IOException {
    Path from = source.resolve(DataDirectory.BLOBS);
    Path to = copy.resolve(DataDirectory.BLOBS);
    createDirectory(to);
    for (Path shard : entries(from)) {
      Path shardCopy = to.resolve(shard.getFileName());
      if (shard.endsWith(TEMPORARY_BLOBS) || !Files.isDirectory(shard)) {
        continue;
      }
      createDirectory(shardCopy);
      for (Path blob : entries(shard)) {
        copyBlob(blob, shardCopy.resolve(blob.getFileName()));
      }
      PrivateFiles.sync(shardCopy);
    }
    PrivateFiles.sync(to);
  }

  private void copyBlob(Path blob, Path target) throws IOException {
    if (Files.exists(target)) {
      return;
    }
    try {
      PrivateFiles.copy(blob, target);
      blobs++;
      blobBytes += Files.size(target);
      progress.at("copying modules", blobs, 0);
    } catch (NoSuchFileException e) {
      Files.deleteIfExists(target); // deleted meanwhile: nobody needs it any more
    }
  }

  private boolean copyCredentials() throws IOException {
    Path from = source.resolve(DataDirectory.CREDENTIALS);
    Path to = copy.resolve(DataDirectory.CREDENTIALS);
    createDirectory(to);
    List<Path> secrets = entries(from);
    for (Path secret : secrets) {
      PrivateFiles.copy(secret, to.resolve(secret.getFileName()));
    }
    PrivateFiles.sync(to);
    return !secrets.isEmpty();
  }

  private static void createDirectory(Path directory) throws IOException {
    try {
      PrivateFiles.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      return; // from the first round
    }
  }

  private static List<Path> entries(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }
}
