package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The scripts that Node runs, copied out of the jar for as long as this object is open. */
final class RunnerFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerFiles.class);

  private final Path directory;

  RunnerFiles() {
    try {
      directory = Files.createTempDirectory("freshet-").toRealPath();
    } catch (IOException e) {
      throw FreshetException.internal("can't create a temporary directory for the runner", e);
    }
  }

  /** Where the scripts are, with room for further files that are gone when this is closed. */
  Path directory() {
    return directory;
  }

  /** Path of a script of this package, e.g. {@code runner.cjs}. */
  synchronized Path file(String name) {
    Path path = directory.resolve(name);
    if (!Files.exists(path)) {
      try (InputStream in = open(name)) {
        Files.copy(in, path, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw FreshetException.internal("can't write " + path, e);
      }
    }
    return path;
  }

  /** Path of an empty directory for the use of one part of this package. */
  Path directory(String name) {
    return directory.resolve(name);
  }

  static InputStream open(String name) {
    InputStream in = RunnerFiles.class.getResourceAsStream(name);
    if (in == null) {
      throw FreshetException.internal(
          name + " is not on the class path; build it: node functions/runner/make.mjs", null);
    }
    return in;
  }

  @Override
  public void close() {
    delete(directory);
  }

  /** Deletes a directory with all that is in it; links are not followed. */
  static void delete(Path directory) {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) { // e.g. somebody else deletes there, too
      LOG.debug("Left behind in {}: {}", directory, e.getMessage());
    }
  }
}
