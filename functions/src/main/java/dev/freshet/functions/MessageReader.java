package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The messages of a runner, read one at a time. A message's parts are read in their order. */
final class MessageReader {
  private static final int USUAL_SIZE = 1 << 16;
  private static final int LARGEST_KEPT = 1 << 22;
  private static final int LARGEST_MESSAGE = 1 << 28;

  private final InputStream in;
  private byte[] buffer = new byte[USUAL_SIZE];
  private int start;
  private int end;
  private int at;
  private int messageEnd;

  MessageReader(InputStream in) {
    this.in = in;
  }

  /** Waits for the next message and returns its type. */
  int next() throws IOException {
    start = messageEnd;
    fill(4);
    int length = (int) MessageWriter.INT.get(buffer, start);
    if (length < 1 || length > LARGEST_MESSAGE) {
      throw new IOException("a runner sent a message of " + length + " bytes");
    }
    fill(4 + length);
    at = start + 5;
    messageEnd = start + 4 + length;
    return buffer[start + 4];
  }

  private void fill(int size) throws IOException {
    while (end - start < size) {
      if (start > 0) {
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
      }
      if (size > buffer.length) {
        buffer = Arrays.copyOf(buffer, Math.max(size, buffer.length * 2));
      } else if (buffer.length > LARGEST_KEPT && size < USUAL_SIZE && end < USUAL_SIZE) {
        buffer = Arrays.copyOf(buffer, USUAL_SIZE);
      }
      int count = in.read(buffer, end, buffer.length - end);
      if (count < 0) {
        throw new EOFException("the runner has ended");
      }
      end += count;
    }
  }

  int u8() {
    return buffer[at++] & 0xff;
  }

  boolean flag() {
    return u8() != 0;
  }

  int u16() {
    at += 2;
    return (short) MessageWriter.SHORT.get(buffer, at - 2) & 0xffff;
  }

  int u32() {
    at += 4;
    return (int) MessageWriter.INT.get(buffer, at - 4);
  }

  double f64() {
    at += 8;
    return (double) MessageWriter.DOUBLE.get(buffer, at - 8);
  }

  String text() {
    int length = u32();
    at += length;
    return new String(buffer, at - length, length, UTF_8);
  }

  byte[] bytes() {
    int length = u32();
    at += length;
    return Arrays.copyOfRange(buffer, at - length, at);
  }
}
