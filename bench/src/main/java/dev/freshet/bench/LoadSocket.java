package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * The client's end of a WebSocket, for load: frames are read in place from the buffer that all
 * sockets of a {@link LoadSockets} share, and only what a read has left over is copied. Text
 * messages only; pings are answered. Read by one thread, written by any.
 */
final class LoadSocket {
  /** What happens on a socket, called by the reading thread. */
  interface Listener {
    /**
     * A text message: {@code length} bytes of the buffer from {@code offset} on, which is another
     * message's afterwards.
     */
    void onText(byte[] buffer, int offset, int length);

    /** Nothing more will come. */
    void onClosed(String why);
  }

  private static final int TEXT = 1;
  private static final int CONTINUATION = 0;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int FINAL = 0x80;
  private static final int MASKED = 0x80;
  private static final int MAX_HEADER = 14;
  private static final long RETRY_NANOS = 50_000;

  private final SocketChannel channel;
  private final Listener listener;
  private byte[] left = new byte[0];
  private final ByteArrayOutputStream fragments = new ByteArrayOutputStream();

  private LoadSocket(SocketChannel channel, Listener listener) {
    this.channel = channel;
    this.listener = listener;
  }

  /** Connects, blocking, with a channel that does not block afterwards. */
  static LoadSocket open(int port, String path, Listener listener) throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    String request =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    channel.write(ByteBuffer.wrap(request.getBytes(ISO_8859_1)));
    LoadSocket socket = new LoadSocket(channel, listener);
    socket.left = afterHandshake(channel);
    channel.configureBlocking(false);
    return socket;
  }

  /** The bytes that came behind the answer to the handshake. */
  private static byte[] afterHandshake(SocketChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(8192);
    while (channel.read(buffer) >= 0) {
      String text = new String(buffer.array(), 0, buffer.position(), ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        if (!text.startsWith("HTTP/1.1 101")) {
          throw new IOException("no WebSocket: " + text);
        }
        return Arrays.copyOfRange(buffer.array(), end + 4, buffer.position());
      }
    }
    throw new EOFException("closed in the handshake");
  }

  SocketChannel channel() {
    return channel;
  }

  // ---- Reading ----

  /**
   * Reads what is there; false at the end.
   *
   * @param bytes scratch, which bounds the size of a message
   */
  boolean read(byte[] bytes) throws IOException {
    System.arraycopy(left, 0, bytes, 0, left.length);
    ByteBuffer buffer = ByteBuffer.wrap(bytes, left.length, bytes.length - left.length);
    int count = channel.read(buffer);
    int at = 0;
    int end = buffer.position();
    for (int next = frame(bytes, at, end); next > at; next = frame(bytes, at, end)) {
      at = next;
    }
    left = at == end && left.length == 0 ? left : Arrays.copyOfRange(bytes, at, end);
    if (end == bytes.length && at == 0) {
      throw new IOException("a message is larger than " + bytes.length + " bytes");
    }
    return count >= 0;
  }

  void closed(String why) {
    listener.onClosed(why);
  }

  /** Handles the frame at {@code at}; the place after it, or {@code at} if it isn't whole. */
  private int frame(byte[] bytes, int at, int end) throws IOException {
    if (end - at < 2) {
      return at;
    }
    int length = bytes[at + 1] & 0x7f;
    int payload = at + 2;
    if (length == 126) {
      payload += Short.BYTES;
    } else if (length == 127) {
      payload += Long.BYTES;
    }
    if (end < payload) {
      return at;
    }
    if (length >= 126) {
      length = bigEndian(bytes, at + 2, payload);
    }
    if (end - payload < length) {
      return at;
    }
    handle(bytes[at], bytes, payload, length);
    return payload + length;
  }

  private static int bigEndian(byte[] bytes, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      number = (number << 8) | (bytes[i] & 0xff);
    }
    return number;
  }

  private void handle(byte first, byte[] bytes, int offset, int length) throws IOException {
    boolean last = (first & FINAL) != 0;
    switch (first & 0xf) {
      case TEXT, CONTINUATION -> {
        if (last && fragments.size() == 0) {
          listener.onText(bytes, offset, length);
          return;
        }
        fragments.write(bytes, offset, length);
        if (last) {
          byte[] whole = fragments.toByteArray();
          fragments.reset();
          listener.onText(whole, 0, whole.length);
        }
      }
      case PING -> send(PONG, Arrays.copyOfRange(bytes, offset, offset + length));
      case CLOSE ->
          throw new EOFException(
              "the server closed: "
                  + (length < 2 ? "" : bigEndian(bytes, offset, offset + 2))
                  + (length < 2 ? "" : " " + new String(bytes, offset + 2, length - 2, UTF_8)));
      default -> {}
    }
  }

  // ---- Writing ----

  void send(String text) throws IOException {
    send(TEXT, text.getBytes(UTF_8));
  }

  /** Masked with zeros, as masking only protects against broken proxies. */
  private synchronized void send(int opcode, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(MAX_HEADER + payload.length);
    frame.put((byte) (FINAL | opcode));
    if (payload.length < 126) {
      frame.put((byte) (MASKED | payload.length));
    } else if (payload.length < 1 << 16) {
      frame.put((byte) (MASKED | 126)).putShort((short) payload.length);
    } else {
      frame.put((byte) (MASKED | 127)).putLong(payload.length);
    }
    frame.putInt(0).put(payload).flip();
    while (frame.hasRemaining()) {
      if (channel.write(frame) == 0) {
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  void close() throws IOException {
    channel.close();
  }
}
