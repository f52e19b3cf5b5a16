package dev.freshet.functions;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that an action sends. Its process may send as many as were read here, so no more than its
 * first credit is ever held. Filled by the thread that reads from the process, read by another one.
 */
final class IncomingStream extends InputStream {
  private final IntConsumer grant;
  private final Runnable cancel;
  private final int credit;
  private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
  private int held;
  private int first;
  private boolean ended;
  private @Nullable String error;

  /**
   * @param credit bytes that may be sent before any are read
   * @param grant called when so many bytes more may be sent
   * @param cancel called when nobody reads on
   */
  IncomingStream(int credit, IntConsumer grant, Runnable cancel) {
    this.credit = credit;
    this.grant = grant;
    this.cancel = cancel;
  }

  /**
   * @throws IOException if that is more than was granted
   */
  synchronized void push(byte[] chunk) throws IOException {
    if (ended || chunk.length == 0) {
      return;
    }
    held += chunk.length;
    if (held > credit) {
      throw new IOException("a process for actions sent more than its credit");
    }
    chunks.add(chunk);
    notifyAll();
  }

  /** No more will come. */
  synchronized void end(@Nullable String failure) {
    if (!ended) {
      ended = true;
      error = failure;
      notifyAll();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int count = take(target, offset, length);
    if (count > 0) {
      grant.accept(count);
    }
    return count;
  }

  private synchronized int take(byte[] target, int offset, int length) throws IOException {
    while (chunks.isEmpty() && !ended) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while reading from an action", e);
      }
    }
    byte[] chunk = chunks.peek();
    if (chunk == null) {
      if (error != null) {
        throw new IOException(error);
      }
      return -1;
    }
    int count = Math.min(length, chunk.length - first);
    System.arraycopy(chunk, first, target, offset, count);
    first += count;
    if (first == chunk.length) {
      chunks.remove();
      first = 0;
    }
    held -= count;
    return count;
  }

  @Override
  public void close() {
    boolean open;
    synchronized (this) {
      open = !ended;
      ended = true;
      chunks.clear();
      notifyAll();
    }
    if (open) {
      cancel.run();
    }
  }
}
