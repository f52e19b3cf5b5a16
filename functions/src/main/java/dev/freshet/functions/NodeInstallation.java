package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Node.js executable and what it can do.
 *
 * @param dataBytes writable memory that a process has mapped when it has done nothing yet (Linux; 0
 *     elsewhere). Some versions reserve half a gigabyte for code.
 */
record NodeInstallation(String executable, int major, int minor, long dataBytes) {
  private static final int OLDEST = 20;
  private static final Pattern VERSION = Pattern.compile("v(\\d+)\\.(\\d+)\\.\\S+ (\\d*) (.+)");

  /**
   * Runners start without the server's PATH, so the path of the executable itself is needed. In the
   * language of versions that are too old, so that they can be told from what is no Node.js.
   */
  private static final String QUESTION =
      """
      const pattern = /VmData:\\s*(\\d+) kB/;
      const status = () => require('fs').readFileSync('/proc/self/status', 'utf8');
      const data = process.platform === 'linux' ? (pattern.exec(status()) || ['', ''])[1] : '';
      `${process.version} ${data} ${process.execPath}`
      """;

  private static final int MAX_ANSWER = 4096;
  private static final int ANSWER_SECONDS = 30;

  /**
   * @param path null: {@code node} from the PATH
   */
  static NodeInstallation find(@Nullable Path path) {
    String executable = path == null ? "node" : path.toString();
    String answer;
    try {
      Process process =
          new ProcessBuilder(executable, "-p", QUESTION)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .redirectInput(ProcessBuilder.Redirect.from(nullDevice()))
              .start();
      answer = new String(process.getInputStream().readNBytes(MAX_ANSWER), UTF_8).strip();
      if (!process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "NodeNotFound",
          "Node.js was not found (tried \""
              + executable
              + "\"). Install Node.js 20 or newer, or set the path of its executable.",
          null,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FreshetException.internal("interrupted while looking for Node.js", e);
    }
    Matcher version = VERSION.matcher(answer);
    if (!version.matches()) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL, "NodeNotFound", "\"" + executable + "\" is not Node.js.");
    }
    int major = Integer.parseInt(version.group(1));
    if (major < OLDEST) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "NodeTooOld",
          "Node.js " + version.group(1) + " is too old: install Node.js " + OLDEST + " or newer.");
    }
    String dataKib = version.group(3);
    return new NodeInstallation(
        version.group(4),
        major,
        Integer.parseInt(version.group(2)),
        dataKib.isEmpty() ? 0 : Long.parseLong(dataKib) << 10);
  }

  boolean isThere() {
    return Files.isExecutable(Path.of(executable));
  }

  private static java.io.File nullDevice() {
    return new java.io.File(isWindows() ? "NUL" : "/dev/null");
  }

  static boolean isWindows() {
    return System.getProperty("os.name", "").startsWith("Windows");
  }

  static boolean isLinux() {
    return System.getProperty("os.name", "").startsWith("Linux");
  }

  /** Flags that take away files, processes, workers and addons, but for reading one file. */
  List<String> permissions(Path readable) {
    boolean stable = major > 23 || (major == 23 && minor >= 5);
    return List.of(
        stable ? "--permission" : "--experimental-permission", "--allow-fs-read=" + readable);
  }
}
