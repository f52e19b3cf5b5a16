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

  private final InputStream in;
  private byte[] buffer = new byte[USUAL_SIZE];
  private int start;
  private int end;
  private int at;
  private int messageEnd;

  MessageReader(InputStream in) {
    this.in = in;
  }

  /** Waits for the head of the next message and returns its type. */
  int head() throws IOException {
    start = messageEnd;
    fill(5);
    return buffer[start + 4];
  }

  /** How many bytes the message has whose head was read; may be nonsense. */
  int length() {
    return (int) MessageWriter.INT.get(buffer, start);
  }

  /** Waits for the rest of the message whose head was read. */
  void body() throws IOException {
    int length = length();
    fill(4 + length);
    at = start + 5;
    messageEnd = start + 4 + length;
  }

  /** Forgets the last message, if it was a large one. */
  void shrink() {
    start = messageEnd;
    if (buffer.length > LARGEST_KEPT && end - start <= USUAL_SIZE) {
      byte[] smaller = new byte[USUAL_SIZE];
      System.arraycopy(buffer, start, smaller, 0, end - start);
      buffer = smaller;
      end -= start;
      start = 0;
      messageEnd = 0;
    }
  }

  private void fill(int size) throws IOException {
    while (end - start < size) {
      if (start > 0) {
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
      }
      if (size > buffer.length) {
        int doubled = size > LARGEST_KEPT ? 0 : buffer.length * 2;
        buffer = Arrays.copyOf(buffer, Math.max(size, doubled));
      } else if (buffer.length > LARGEST_KEPT && size < USUAL_SIZE && end < USUAL_SIZE) {
        buffer = Arrays.copyOf(buffer, USUAL_SIZE);
      }
      // Asked for more than is there, the stream of a process looks whether there is more: three
      // calls of the system for each message. What it has read ahead, it keeps.
      int count = in.read(buffer, end, size - (end - start));
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
