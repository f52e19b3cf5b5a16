package dev.freshet.server;

import dev.freshet.values.ByteSizes;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The body of a request, read as fast as the reader wants and up to a limit. */
final class JettyBody extends FilterInputStream {
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
