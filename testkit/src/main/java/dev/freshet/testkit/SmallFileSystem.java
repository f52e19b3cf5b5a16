package dev.freshet.storage;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Path;

/** A file system of its own in memory, with a size; a test that can't have one is skipped. */
final class SmallFileSystem implements AutoCloseable {
  private final Path root;

  private SmallFileSystem(Path root) {
    this.root = root;
  }

  /**
   * Mounts one.
   *
   * @param root an empty directory
   */
  static SmallFileSystem mount(Path root, long bytes) throws IOException, InterruptedException {
    if (!run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", root.toString())) {
      abort("only root may mount a file system");
    }
    return new SmallFileSystem(root);
  }

  void makeReadOnly() throws IOException, InterruptedException {
    if (!run("mount", "-o", "remount,ro", root.toString())) {
      abort("the file system can't be mounted anew");
    }
  }

  Path root() {
    return root;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    run("umount", root.toString());
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // there is no such program
    }
  }
}
