package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that no runner outlives the server, however the server ends. A runner that waits for
 * its input ends by itself when the server is gone; one in an endless loop does not. So a small
 * shell process is told of every runner, and kills those that are left when its own input ends.
 * Thread-safe.
 */
final class OrphanGuard implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanGuard.class);
  private static final String SCRIPT =
      """
      pids=' '
      while read -r what pid; do
        case $what in
          +) pids="$pids$pid " ;;
          -) pids="${pids%% $pid *} ${pids#* $pid }" ;;
        esac
      done
      for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
      """;

  private final @org.jspecify.annotations.Nullable Process shell;

  OrphanGuard() {
    Process started = null;
    if (!NodeInstallation.isWindows()) {
      try {
        started =
            new ProcessBuilder("/bin/sh", "-c", "trap '' INT HUP TERM;" + SCRIPT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
      } catch (IOException e) {
        LOG.warn("No shell to guard runner processes: {}", e.getMessage());
      }
    }
    shell = started;
  }

  synchronized void add(long pid) {
    tell("+ " + pid);
  }

  synchronized void remove(long pid) {
    tell("- " + pid);
  }

  private void tell(String line) {
    if (shell == null) {
      return;
    }
    try {
      OutputStream out = shell.getOutputStream();
      out.write((line + "\n").getBytes(UTF_8));
      out.flush();
    } catch (IOException e) {
      LOG.debug("The guard of runner processes has ended", e);
    }
  }

  @Override
  public void close() {
    if (shell != null) {
      try {
        shell.getOutputStream().close();
      } catch (IOException e) {
        LOG.debug("The guard of runner processes has ended", e);
      }
    }
  }
}
