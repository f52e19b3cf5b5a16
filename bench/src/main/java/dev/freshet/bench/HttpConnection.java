package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Locale;

/**
 * One keep-alive HTTP/1.1 connection for load: a few microseconds of CPU per request, so that a
 * measurement on a small machine shows the server and not its client. Understands what our server
 * sends (Content-Length or chunked). Confined to one thread.
 */
final class HttpConnection implements Closeable {
  /** A response's status and body. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Response(int status, byte[] body) {
    String text() {
      return new String(body, UTF_8);
    }
  }

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] headerEnd;

  HttpConnection(int port, String extraHeaders) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 1 << 14);
    out = socket.getOutputStream();
    headerEnd =
        ("\r\nHost: 127.0.0.1:"
                + port
                + "\r\nContent-Type: application/json\r\n"
                + extraHeaders
                + "\r\n")
            .getBytes(ISO_8859_1);
  }

  Response post(String path, byte[] body) throws IOException {
    byte[] head =
        ("POST " + path + " HTTP/1.1\r\nContent-Length: " + body.length).getBytes(ISO_8859_1);
    byte[] request = new byte[head.length + headerEnd.length + body.length];
    System.arraycopy(head, 0, request, 0, head.length);
    System.arraycopy(headerEnd, 0, request, head.length, headerEnd.length);
    System.arraycopy(body, 0, request, head.length + headerEnd.length, body.length);
    out.write(request);
    return read();
  }

  private Response read() throws IOException {
    String status = line();
    int code = Integer.parseInt(status, 9, 12, 10);
    int length = -1;
    boolean chunked = false;
    for (String line = line(); !line.isEmpty(); line = line()) {
      String header = line.toLowerCase(Locale.ROOT);
      if (header.startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(15).strip());
      } else if (header.startsWith("transfer-encoding:")) {
        chunked = header.contains("chunked");
      }
    }
    if (chunked) {
      return new Response(code, chunks());
    }
    return new Response(code, exactly(Math.max(length, 0)));
  }

  private byte[] chunks() throws IOException {
    java.io.ByteArrayOutputStream body = new java.io.ByteArrayOutputStream();
    while (true) {
      int size = Integer.parseInt(line().strip(), 16);
      body.writeBytes(exactly(size));
      line();
      if (size == 0) {
        return body.toByteArray();
      }
    }
  }

  private byte[] exactly(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("connection closed inside a response");
    }
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder(64);
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("connection closed");
      }
      if (next == '\n') {
        return line.toString();
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
