package dev.freshet.app;

import java.util.Arrays;

/**
 * Reads a protobuf message field by field: call {@link #next} until it answers 0, and after each
 * field exactly one of {@link #varint}, {@link #bytes} or {@link #skip}.
 */
final class ProtoReader {
  /** The bytes are not a message. */
  static final class MalformedException extends Exception {
    MalformedException(String message) {
      super(message);
    }
  }

  private final byte[] data;
  private int position;
  private int wireType;

  ProtoReader(byte[] data) {
    this.data = data;
  }

  /** The number of the next field, 0 at the end. */
  int next() throws MalformedException {
    if (position == data.length) {
      return 0;
    }
    long tag = raw();
    wireType = (int) (tag & 7);
    long field = tag >>> 3;
    if (field < 1 || field > 0x1FFF_FFFF) {
      throw new MalformedException("field number out of range");
    }
    return (int) field;
  }

  long varint() throws MalformedException {
    expect(0);
    return raw();
  }

  byte[] bytes() throws MalformedException {
    expect(2);
    long length = raw();
    if (length < 0 || length > data.length - position) {
      throw new MalformedException("length out of range");
    }
    byte[] bytes = Arrays.copyOfRange(data, position, position + (int) length);
    position += (int) length;
    return bytes;
  }

  void skip() throws MalformedException {
    switch (wireType) {
      case 0 -> raw();
      case 1 -> advance(8);
      case 2 -> bytes();
      case 5 -> advance(4);
      default -> throw new MalformedException("unknown wire type");
    }
  }

  private void expect(int type) throws MalformedException {
    if (wireType != type) {
      throw new MalformedException("unexpected wire type");
    }
  }

  private void advance(int count) throws MalformedException {
    if (count > data.length - position) {
      throw new MalformedException("truncated");
    }
    position += count;
  }

  private long raw() throws MalformedException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position == data.length) {
        throw new MalformedException("truncated");
      }
      byte next = data[position++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new MalformedException("number too long");
  }
}
