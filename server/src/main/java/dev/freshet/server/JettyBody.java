package dev.freshet.server;

import dev.freshet.values.ByteSizes;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The body of a request, read as fast as the reader wants and up to a limit. The action's reader
 * may still wait for the client when the action has ended; whoever then ends the request reads
 * after it, as Jetty bears one reader at a time.
 */
final class JettyBody extends FilterInputStream {
  /** Under which a request has it, if an action was given it. */
  static final String ATTRIBUTE = JettyBody.class.getName();

  private final ReentrantLock reading = new ReentrantLock();
  private final long most;
  private long read;
  private volatile boolean overflowed;

  JettyBody(InputStream body, long most) {
    super(body);
    this.most = most;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0; // Jetty's stream would wait for content
    }
    reading.lock();
    try {
      if (overflowed) {
        throw tooLarge();
      }
      int count = super.read(target, offset, length);
      read += Math.max(count, 0);
      if (read > most) {
        overflowed = true;
        throw tooLarge();
      }
      return count;
    } finally {
      reading.unlock();
    }
  }

  /** Does nothing: who stops reading must not end the request, which still has to be answered. */
  @Override
  public void close() {}

  /** Reads and forgets what the action has left, up to a bound. */
  void discard(long bound) throws IOException {
    reading.lock();
    try (InputStream rest = in) {
      RequestBody.drain(rest, bound);
    } finally {
      reading.unlock();
    }
  }

  private IOException tooLarge() {
    return new IOException("The request body is larger than " + ByteSizes.format(most));
  }

  /** Whether the client has sent more than the limit. */
  boolean overflowed() {
    return overflowed;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
