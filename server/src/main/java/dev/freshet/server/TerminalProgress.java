package dev.freshet.server;

import dev.freshet.storage.StoreInspection;
import java.io.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One line on standard error that tells how far work is; nothing where nobody watches. */
final class TerminalProgress implements StoreInspection.Progress, AutoCloseable {
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final String CLEAR = "\r\u001b[K";
  private static final int PERCENT = 100;

  private final @Nullable Appendable terminal;
  private long shown;
  private boolean dirty;

  private TerminalProgress(@Nullable Appendable terminal) {
    this.terminal = terminal;
    shown = System.nanoTime() - INTERVAL_NANOS;
  }

  @SuppressWarnings("SystemConsoleNull") // JDK 25 gives null again
  static TerminalProgress open() {
    Console console = System.console();
    return new TerminalProgress(console != null && console.isTerminal() ? System.err : null);
  }

  static TerminalProgress on(Appendable terminal) {
    return new TerminalProgress(terminal);
  }

  @Override
  public synchronized void at(String what, long done, long total) {
    long now = System.nanoTime();
    if (terminal == null || now - shown < INTERVAL_NANOS) {
      return;
    }
    shown = now;
    long percent = total <= 0 ? 0 : Math.min(PERCENT, done * PERCENT / total);
    write(CLEAR + what + (total > 0 ? " " + percent + " %" : "") + " ...");
    dirty = true;
  }

  /** Takes the line away, for other output. */
  synchronized void clear() {
    if (dirty) {
      dirty = false;
      write(CLEAR);
    }
  }

  private void write(String text) {
    Appendable out = terminal;
    if (out != null) {
      try {
        out.append(text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    clear();
  }
}
