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
