import { readSync, writeSync } from "node:fs";

interface FastBuffer extends Buffer {
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, offset: number, length: number): number;
}

const HEADER = 5;
const { byteLength } = Buffer;

function allocate(size: number): FastBuffer {
  return Buffer.allocUnsafeSlow(size) as FastBuffer;
}

/** A message that is being written. */
export class Writer {
  private buffer = allocate(1 << 16);
  private end = HEADER;

  get length(): number {
    return this.end - HEADER;
  }

  private reserve(size: number): void {
    if (this.end + size > this.buffer.length) {
      const larger = allocate(Math.max(this.buffer.length * 2, this.end + size));
      this.buffer.copy(larger, 0, 0, this.end);
      this.buffer = larger;
    }
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.end] = value;
    this.end += 1;
  }

  u16(value: number): void {
    this.reserve(2);
    this.end = this.buffer.writeUInt16LE(value, this.end);
  }

  u32(value: number): void {
    this.reserve(4);
    this.end = this.buffer.writeUInt32LE(value, this.end);
  }

  f64(value: number): void {
    this.reserve(8);
    this.end = this.buffer.writeDoubleLE(value, this.end);
  }

  text(value: string): void {
    // One UTF-16 unit is at most three bytes; long texts are measured instead.
    const most = value.length < 4096 ? value.length * 3 : byteLength(value, "utf8");
    this.reserve(4 + most);
    const length = this.buffer.utf8Write(value, this.end + 4, most);
    this.buffer.writeUInt32LE(length, this.end);
    this.end += 4 + length;
  }

  bytes(value: Uint8Array): void {
    this.u32(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.end);
    this.end += value.length;
  }

  /** The body of another message. */
  append(other: Writer): void {
    this.reserve(other.length);
    other.buffer.copy(this.buffer, this.end, HEADER, other.end);
    this.end += other.length;
  }

  /** A number that is filled in later: for counts that are not known yet. */
  patchU32(offset: number, value: number): void {
    this.buffer.writeUInt32LE(value, HEADER + offset);
  }

  send(type: number): void {
    this.buffer.writeUInt32LE(this.end - 4, 0);
    this.buffer[4] = type;
    let sent = 0;
    while (sent < this.end) {
      sent += writeSync(1, this.buffer, sent, this.end - sent);
    }
    this.clear();
  }

  clear(): void {
    this.end = HEADER;
    if (this.buffer.length > 1 << 22) {
      this.buffer = allocate(1 << 16);
    }
  }
}

/** The frames that arrive on standard input, read one at a time. */
export class Reader {
  private buffer = allocate(1 << 16);
  private start = 0;
  private end = 0;
  private at = 0;

  /** Waits for the next message and returns its type. The process ends when its parent is gone. */
  next(): number {
    this.fill(4);
    const length = this.buffer.readUInt32LE(this.start);
    this.fill(4 + length);
    const type = this.buffer[this.start + 4]!;
    this.at = this.start + HEADER;
    this.start += 4 + length;
    return type;
  }

  private fill(size: number): void {
    while (this.end - this.start < size) {
      if (this.start > 0) {
        this.buffer.copyWithin(0, this.start, this.end);
        this.end -= this.start;
        this.start = 0;
      }
      if (size > this.buffer.length) {
        const larger = allocate(Math.max(size, this.buffer.length * 2));
        this.buffer.copy(larger, 0, 0, this.end);
        this.buffer = larger;
      } else if (this.buffer.length > 1 << 22 && size < 1 << 16 && this.end < 1 << 16) {
        const smaller = allocate(1 << 16);
        this.buffer.copy(smaller, 0, 0, this.end);
        this.buffer = smaller;
      }
      let count = 0;
      try {
        count = readSync(0, this.buffer, this.end, this.buffer.length - this.end, null);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EOF") {
          throw error;
        }
      }
      if (count === 0) {
        process.exit(0);
      }
      this.end += count;
    }
  }

  u8(): number {
    return this.buffer[this.at++]!;
  }

  u16(): number {
    this.at += 2;
    return this.buffer.readUInt16LE(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.buffer.readUInt32LE(this.at - 4);
  }

  f64(): number {
    this.at += 8;
    return this.buffer.readDoubleLE(this.at - 8);
  }

  text(): string {
    const length = this.u32();
    this.at += length;
    return this.buffer.utf8Slice(this.at - length, this.at);
  }

  /** A copy of that many bytes. */
  raw(length: number): Buffer {
    this.at += length;
    return Buffer.from(this.buffer.subarray(this.at - length, this.at));
  }
}
