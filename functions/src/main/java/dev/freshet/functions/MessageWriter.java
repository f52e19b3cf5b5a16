package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A message to a runner that is being written: {@code u32 length, u8 type, body}, little-endian.
 */
final class MessageWriter {
  static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle DOUBLE =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int HEADER = 5;
  private static final int USUAL_SIZE = 1 << 16;
  private static final int LARGEST_KEPT = 1 << 22;

  private byte[] buffer;
  private int end = HEADER;

  MessageWriter() {
    this(USUAL_SIZE);
  }

  MessageWriter(int size) {
    buffer = new byte[Math.max(size, HEADER)];
  }

  MessageWriter u8(int value) {
    reserve(1);
    buffer[end++] = (byte) value;
    return this;
  }

  MessageWriter flag(boolean value) {
    return u8(value ? 1 : 0);
  }

  MessageWriter u16(int value) {
    reserve(2);
    SHORT.set(buffer, end, (short) value);
    end += 2;
    return this;
  }

  MessageWriter u32(int value) {
    reserve(4);
    INT.set(buffer, end, value);
    end += 4;
    return this;
  }

  MessageWriter f64(double value) {
    reserve(8);
    DOUBLE.set(buffer, end, value);
    end += 8;
    return this;
  }

  MessageWriter text(String value) {
    return text(value.getBytes(UTF_8));
  }

  MessageWriter text(byte[] utf8) {
    return text(utf8, 0, utf8.length);
  }

  MessageWriter text(byte[] utf8, int offset, int length) {
    return u32(length).raw(utf8, offset, length);
  }

  MessageWriter raw(byte[] bytes, int offset, int length) {
    reserve(length);
    System.arraycopy(bytes, offset, buffer, end, length);
    end += length;
    return this;
  }

  /** The whole message, for a sender that is another thread. */
  byte[] frame(int type) {
    INT.set(buffer, 0, end - 4);
    buffer[4] = (byte) type;
    return Arrays.copyOf(buffer, end);
  }

  /** What has been written, without the head: a part of another message. */
  byte[] body() {
    return Arrays.copyOfRange(buffer, HEADER, end);
  }

  void send(int type, OutputStream out) throws IOException {
    INT.set(buffer, 0, end - 4);
    buffer[4] = (byte) type;
    try {
      out.write(buffer, 0, end);
      out.flush();
    } finally {
      clear();
    }
  }

  void clear() {
    end = HEADER;
    if (buffer.length > LARGEST_KEPT) {
      buffer = new byte[USUAL_SIZE];
    }
  }

  private void reserve(int size) {
    if (end + size > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(end, size), buffer.length * 2));
    }
  }
}
