import { writeSync } from "node:fs";
import { Socket } from "node:net";

interface FastBuffer extends Buffer {
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, offset: number, length: number): number;
}

const HEADER = 9;
const USUAL_SIZE = 1 << 16;
const LARGEST_KEPT = 1 << 22;
const LARGEST_FRAME = 1 << 28;
const { byteLength } = Buffer;

function allocate(size: number): FastBuffer {
  return Buffer.allocUnsafeSlow(size) as FastBuffer;
}

/** Frames that are collected, and leave together. */
export class FrameWriter {
  private buffer = allocate(USUAL_SIZE);
  private frame = 0;
  private end = 0;

  constructor(private readonly descriptor: number) {}

  private reserve(size: number): void {
    if (this.end + size > this.buffer.length) {
      const larger = allocate(Math.max(this.buffer.length * 2, this.end + size));
      this.buffer.copy(larger, 0, 0, this.end);
      this.buffer = larger;
    }
  }

  begin(type: number, call: number): this {
    this.reserve(HEADER);
    this.frame = this.end;
    this.buffer[this.frame + 4] = type;
    this.buffer.writeUInt32LE(call, this.frame + 5);
    this.end += HEADER;
    return this;
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

  /** The frame is complete. It leaves with the next flush; much of it, now. */
  close(): void {
    this.buffer.writeUInt32LE(this.end - this.frame - 4, this.frame);
    if (this.end > USUAL_SIZE) {
      this.flush();
    }
  }

  flush(): void {
    let sent = 0;
    while (sent < this.end) {
      sent += writeSync(this.descriptor, this.buffer, sent, this.end - sent);
    }
    this.end = 0;
    if (this.buffer.length > LARGEST_KEPT) {
      this.buffer = allocate(USUAL_SIZE);
    }
  }
}

/** A frame that has arrived; its parts are read in their order, at once. */
export class Frame {
  private at = HEADER;

  constructor(
    private readonly buffer: FastBuffer,
    readonly type: number,
    readonly call: number,
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

/** Calls back for every frame that arrives on a descriptor, and when its other end, the parent process, is gone. */
export function readFrames(descriptor: number, received: (frame: Frame) => void, gone: () => void): void {
  let held: FastBuffer = allocate(0);
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  socket.on("data", (chunk: Buffer) => {
    held = (held.length === 0 ? chunk : Buffer.concat([held, chunk])) as FastBuffer;
    let at = 0;
    while (held.length - at >= 4) {
      const length = held.readUInt32LE(at);
      if (length < HEADER - 4 || length > LARGEST_FRAME) {
        throw new Error(`a frame of ${length} bytes`);
      }
      if (held.length - at < 4 + length) {
        break;
      }
      const frame = held.subarray(at, at + 4 + length) as FastBuffer;
      received(new Frame(frame, frame[4]!, frame.readUInt32LE(5)));
      at += 4 + length;
    }
    held = held.subarray(at) as FastBuffer;
  });
  socket.on("end", gone);
  socket.on("error", gone);
}
