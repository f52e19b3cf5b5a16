package dev.freshet.functions;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a Node.js process of a runner is started: under bounds that the operating system keeps, with
 * none of the server's environment.
 *
 * @param dataBytes bound of its writable memory (Linux); 0: none
 * @param movedPipes whether the pipes to the server move to the descriptors 3 (in) and 4 (out), so
 *     that code which reads standard input or prints doesn't meet them; what it prints goes to
 *     standard error then. On Windows they stay where they are
 * @param arguments flags, script and its arguments
 * @param directory where it runs; null: where the server does
 */
record ProcessCommand(
    NodeInstallation node,
    long dataBytes,
    boolean movedPipes,
    List<String> arguments,
    Map<String, String> environment,
    @Nullable Path directory) {
  private static final String MOVED_PIPES = " 3<&0 4>&1 0</dev/null 1>&2";

  static final long MIB = 1 << 20;

  private static final int STACK_KIB = 1950;

  /**
   * How a process starts in which functions run in contexts: it makes no code of strings, and may
   * read only what it is told.
   *
   * @param dataBytes bound of its writable memory
   * @param heapBytes bound of its JavaScript heap's old generation
   */
  static ProcessCommand ofContexts(
      NodeInstallation node,
      Path script,
      Path readable,
      long dataBytes,
      long heapBytes,
      int youngGenerationMib) {
    List<String> arguments = new ArrayList<>(node.permissions(readable));
    arguments.addAll(
        List.of(
            "--no-warnings",
            "--disallow-code-generation-from-strings",
            "--max-old-space-size=" + heapBytes / MIB,
            "--max-semi-space-size=" + youngGenerationMib,
            "--v8-pool-size=1"));
    if (!NodeInstallation.isWindows()) {
      arguments.add("--stack-size=" + STACK_KIB);
    }
    arguments.add(script.toString());
    return new ProcessCommand(node, dataBytes, false, arguments, Map.of("TZ", "UTC"), null);
  }

  /** The command line; under a POSIX system a shell sets the bounds and becomes Node. */
  List<String> line() {
    List<String> line = new ArrayList<>();
    if (!NodeInstallation.isWindows()) {
      boolean bounded = dataBytes > 0 && NodeInstallation.isLinux();
      String bound = bounded ? " ulimit -d " + dataBytes / 1024 + ";" : "";
      String moved = movedPipes ? MOVED_PIPES : "";
      line.addAll(List.of("/bin/sh", "-c", "ulimit -c 0;" + bound + " exec \"$0\" \"$@\"" + moved));
    }
    line.add(node.executable());
    line.addAll(arguments);
    return line;
  }

  ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(line());
    builder.environment().clear();
    builder.environment().putAll(environment);
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    return builder;
  }
}
