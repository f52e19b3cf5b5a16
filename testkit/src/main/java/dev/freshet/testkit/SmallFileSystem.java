package dev.freshet.testkit;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A file system of its own in memory, with a size; a test that can't have one is skipped. */
public final class SmallFileSystem implements AutoCloseable {
  private static final List<Integer> BLOCKS = List.of(1 << 20, 4096);

  private final Path root;

  private SmallFileSystem(Path root) {
    this.root = root;
  }

  /**
   * Mounts one.
   *
   * @param root an empty directory
   */
  public static SmallFileSystem mount(Path root, long bytes)
      throws IOException, InterruptedException {
    if (!run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", root.toString())) {
      abort("only root may mount a file system");
    }
    return new SmallFileSystem(root);
  }

  public void makeReadOnly() throws IOException, InterruptedException {
    if (!run("mount", "-o", "remount,ro", root.toString())) {
      abort("the file system can't be mounted anew");
    }
  }

  public Path root() {
    return root;
  }

  /** Takes all the space that is left. */
  public void fill() throws IOException {
    fillUpTo(0);
  }

  /** Takes all the space that is left but for some bytes. */
  public void fillUpTo(long left) throws IOException {
    try (FileChannel channel =
        FileChannel.open(filler(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int block : BLOCKS) {
        while (write(channel, block)) {}
      }
      channel.truncate(Math.max(0, channel.size() - left));
    }
  }

  private static boolean write(FileChannel channel, int bytes) throws IOException {
    try {
      return channel.write(ByteBuffer.allocate(bytes)) == bytes;
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("No space left")) {
        return false;
      }
      throw e;
    }
  }

  /** Gives back what {@link #fill} took. */
  public void free() throws IOException {
    Files.deleteIfExists(filler());
  }

  private Path filler() {
    return root.resolve("filler");
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
