import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { Decoder, Encoder, type FastBuffer } from "../process/coding.js";

const LENGTH = 4;
const HEADER = 9;
const FLUSHED_SIZE = 1 << 16;
const LARGEST_FRAME = 1 << 28;

/** Frames that are collected, and leave together. One that is begun and not closed, as something was thrown, never leaves. */
export class FrameWriter extends Encoder {
  /** Where the frames that are complete end. */
  private complete = 0;

  constructor(private readonly descriptor: number) {
    super(0);
  }

  begin(type: number, call: number): this {
    this.end = this.complete;
    this.reserve(HEADER);
    this.buffer[this.end + LENGTH] = type;
    this.buffer.writeUInt32LE(call, this.end + LENGTH + 1);
    this.end += HEADER;
    return this;
  }

  /** The frame is complete. It leaves with the next flush; much of it, now. */
  close(): void {
    this.buffer.writeUInt32LE(this.end - this.complete - LENGTH, this.complete);
    this.complete = this.end;
    if (this.end > FLUSHED_SIZE) {
      this.flush();
    }
  }

  flush(): void {
    let sent = 0;
    while (sent < this.complete) {
      sent += writeSync(this.descriptor, this.buffer, sent, this.complete - sent);
    }
    this.complete = 0;
    this.restart(0);
  }
}

/** A frame that has arrived; its parts are read at once. */
export class Frame extends Decoder {
  readonly type: number;
  readonly call: number;

  constructor(buffer: FastBuffer) {
    super(buffer, LENGTH);
    this.type = this.u8();
    this.call = this.u32();
  }
}

/** Puts frames together from the chunks in which they arrive. */
class Frames {
  private chunks: Buffer[] = [];
  private held = 0;
  /** Bytes with which there is a frame, or at least its length. */
  private wanted = LENGTH;

  constructor(private readonly received: (frame: Frame) => void) {}

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.held += chunk.length;
    if (this.held < this.wanted) {
      return;
    }
    const buffer = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks, this.held);
    let at = 0;
    while ((this.wanted = this.sizeOfNext(buffer, at)) <= buffer.length - at) {
      this.received(new Frame(buffer.subarray(at, at + this.wanted) as FastBuffer));
      at += this.wanted;
    }
    this.chunks = at === buffer.length ? [] : [buffer.subarray(at)];
    this.held = buffer.length - at;
  }

  private sizeOfNext(buffer: Buffer, at: number): number {
    if (buffer.length - at < LENGTH) {
      return LENGTH;
    }
    const length = buffer.readUInt32LE(at);
    if (length < HEADER - LENGTH || length > LARGEST_FRAME) {
      throw new Error(`a frame of ${length} bytes`);
    }
    return LENGTH + length;
  }
}

/** Calls back for every frame that arrives on a descriptor, and when its other end, the parent process, is gone. */
export function readFrames(descriptor: number, received: (frame: Frame) => void, gone: () => void): void {
  const frames = new Frames(received);
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  socket.on("data", (chunk: Buffer) => frames.add(chunk));
  socket.on("end", gone);
  socket.on("error", gone);
}
