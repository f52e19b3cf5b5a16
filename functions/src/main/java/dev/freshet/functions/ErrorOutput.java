package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The beginning of what a process writes to its standard error, read while it runs. */
final class ErrorOutput implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorOutput.class);
  private static final int KEPT = 1 << 14;

  private final Process process;

  @SuppressWarnings("JdkObsolete") // written by one thread, read by another
  private final StringBuffer text = new StringBuffer();

  private final Thread reader;

  ErrorOutput(Process process) {
    this.process = process;
    // Reading a pipe holds the carrier: on virtual threads, idle runners would leave none for
    // anybody else.
    this.reader = Thread.ofPlatform().name("runner-stderr").daemon().start(this::read);
  }

  private void read() {
    byte[] bytes = new byte[4096];
    try (InputStream errors = process.getErrorStream()) {
      for (int count = errors.read(bytes); count >= 0; count = errors.read(bytes)) {
        if (text.length() < KEPT) {
          text.append(new String(bytes, 0, count, UTF_8));
        }
      }
    } catch (IOException e) {
      LOG.trace("Standard error of a runner has ended", e);
    }
  }

  /** What has come; waits a moment for the rest of a process that has ended. */
  String text() {
    try {
      reader.join(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return text.toString().strip();
  }

  @Override
  public void close() {
    reader.interrupt();
  }
}
