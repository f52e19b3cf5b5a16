package dev.freshet.functions;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames on their way to a process, written by a thread of their own, since the process may not
 * read for as long as it computes. Who sends much waits while many bytes are queued. Thread-safe.
 */
final class FrameQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FrameQueue.class);
  private static final int MANY = 4 << 20;

  private final OutputStream out;
  private final ArrayDeque<byte[]> frames = new ArrayDeque<>();
  private long queued;
  private boolean closed;

  FrameQueue(OutputStream out) {
    this.out = out;
    // Writing to a pipe holds the carrier of a virtual thread.
    Thread.ofPlatform().name("action-writer").daemon().start(this::write);
  }

  /** Sends as soon as there is room; what is sent to a process that has ended is lost. */
  synchronized void send(byte[] frame) throws InterruptedException {
    while (queued > MANY && !closed) {
      wait();
    }
    sendNow(frame);
  }

  /** Sends without waiting: for small frames. */
  synchronized void sendNow(byte[] frame) {
    if (!closed) {
      frames.add(frame);
      queued += frame.length;
      notifyAll();
    }
  }

  private synchronized byte[] next() throws InterruptedException {
    while (frames.isEmpty() && !closed) {
      wait();
    }
    byte[] frame = frames.poll();
    if (frame == null) {
      return new byte[0];
    }
    queued -= frame.length;
    notifyAll();
    return frame;
  }

  private void write() {
    try (out) {
      for (byte[] frame = next(); frame.length > 0; frame = next()) {
        out.write(frame);
        out.flush();
      }
    } catch (IOException e) {
      LOG.trace("A process for actions has ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  /** What is queued is still written; then the process's input ends. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
