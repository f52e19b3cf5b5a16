/** What messages are made of: little-endian numbers, and texts and bytes behind their length (u32). */

export interface FastBuffer extends Buffer {
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, offset: number, length: number): number;
}

const USUAL_SIZE = 1 << 16;
const LARGEST_KEPT = 1 << 22;
const { byteLength } = Buffer;

export function allocate(size: number): FastBuffer {
  return Buffer.allocUnsafeSlow(size) as FastBuffer;
}

/** Writes the parts of messages into a buffer that grows with them. */
export class Encoder {
  protected buffer = allocate(USUAL_SIZE);

  constructor(protected end: number) {}

  protected reserve(size: number): void {
    if (this.end + size > this.buffer.length) {
      const larger = allocate(Math.max(this.buffer.length * 2, this.end + size));
      this.buffer.copy(larger, 0, 0, this.end);
      this.buffer = larger;
    }
  }

  /** Starts again at a place; a buffer that was needed for something large is given up. */
  protected restart(end: number): void {
    this.end = end;
    if (this.buffer.length > LARGEST_KEPT) {
      this.buffer = allocate(USUAL_SIZE);
    }
  }

  u8(value: number): this {
    this.reserve(1);
    this.buffer[this.end] = value;
    this.end += 1;
    return this;
  }

  u16(value: number): this {
    this.reserve(2);
    this.end = this.buffer.writeUInt16LE(value, this.end);
    return this;
  }

  u32(value: number): this {
    this.reserve(4);
    this.end = this.buffer.writeUInt32LE(value, this.end);
    return this;
  }

  f64(value: number): this {
    this.reserve(8);
    this.end = this.buffer.writeDoubleLE(value, this.end);
    return this;
  }

  text(value: string): this {
    // One UTF-16 unit is at most three bytes; long texts are measured instead.
    const most = value.length < 4096 ? value.length * 3 : byteLength(value, "utf8");
    this.reserve(4 + most);
    const length = this.buffer.utf8Write(value, this.end + 4, most);
    this.buffer.writeUInt32LE(length, this.end);
    this.end += 4 + length;
    return this;
  }

  texts(values: readonly string[]): this {
    this.u32(values.length);
    for (const value of values) {
      this.text(value);
    }
    return this;
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.end);
    this.end += value.length;
    return this;
  }
}

/** Reads the parts of messages, in their order. */
export class Decoder {
  constructor(
    protected buffer: FastBuffer,
    protected at: number,
  ) {}

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

  bytes(): Buffer {
    return this.raw(this.u32());
  }
}
