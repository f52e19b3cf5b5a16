package dev.freshet.storage.blob;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Checks that every blob of a {@link DirectoryBlobStore} has the content that its name says. */
public final class BlobCheck {
  private static final int BUFFER = 1 << 16;

  private BlobCheck() {}

  /** Reads all blobs of a directory, which may be in use; returns how many there are. */
  public static long run(Path root, Consumer<Finding> findings, Progress progress) {
    if (!Files.isDirectory(root)) {
      return 0;
    }
    try (Stream<Path> tree = Files.walk(root)) {
      List<Path> blobs =
          tree.filter(Files::isRegularFile)
              .filter(file -> !file.startsWith(root.resolve(DirectoryBlobStore.TEMPORARY)))
              .toList();
      long done = 0;
      for (Path blob : blobs) {
        progress.at("checking modules", done++, blobs.size());
        check(blob, findings);
      }
      return blobs.size();
    } catch (IOException e) {
      throw FreshetException.internal("Can't read " + root + ": " + e, e);
    }
  }

  private static void check(Path blob, Consumer<Finding> findings) throws IOException {
    String problem;
    try {
      String hash = hash(blob);
      if (String.valueOf(blob.getFileName()).equals(hash)) {
        return;
      }
      problem = blob + " has content with the hash " + hash;
    } catch (NoSuchFileException e) {
      return; // deleted meanwhile
    }
    findings.accept(new Finding(Finding.Kind.DAMAGED_BLOB, 0, null, 0, problem));
  }

  private static String hash(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
