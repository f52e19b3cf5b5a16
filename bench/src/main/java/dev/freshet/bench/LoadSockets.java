package dev.freshet.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Any number of WebSockets read by one thread, so that a thousand clients cost a small machine
 * little more than their system calls.
 */
final class LoadSockets implements AutoCloseable {
  private static final int MAX_MESSAGE = 16 << 20;

  private final Selector selector;
  private final Queue<LoadSocket> opened = new ConcurrentLinkedQueue<>();
  private final byte[] shared = new byte[MAX_MESSAGE];
  private final Thread thread;
  private volatile boolean closed;

  LoadSockets() throws IOException {
    selector = Selector.open();
    thread = Thread.ofPlatform().name("load-sockets").start(this::run);
  }

  /** Connects; the listener is called by this object's thread. */
  LoadSocket open(int port, String path, LoadSocket.Listener listener) throws IOException {
    LoadSocket socket = LoadSocket.open(port, path, listener);
    opened.add(socket);
    selector.wakeup();
    return socket;
  }

  private void run() {
    try {
      while (!closed) {
        selector.select(this::ready);
        for (LoadSocket socket = opened.poll(); socket != null; socket = opened.poll()) {
          read(socket, socket.channel().register(selector, SelectionKey.OP_READ, socket));
        }
      }
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void ready(SelectionKey key) {
    read((LoadSocket) key.attachment(), key);
  }

  private void read(LoadSocket socket, SelectionKey key) {
    try {
      if (!socket.read(shared)) {
        throw new IOException("the server hung up");
      }
    } catch (IOException e) {
      key.cancel();
      socket.closed(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
