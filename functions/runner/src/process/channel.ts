import { readSync, writeSync } from "node:fs";
import { Decoder, Encoder, allocate } from "./coding.js";

const HEADER = 5;

/** A message that is being written. */
export class Writer extends Encoder {
  constructor() {
    super(HEADER);
  }

  get length(): number {
    return this.end - HEADER;
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
    this.restart(HEADER);
  }
}

/** The frames that arrive on standard input, read one at a time. */
export class Reader extends Decoder {
  private start = 0;
  private end = 0;

  constructor() {
    super(allocate(1 << 16), 0);
  }

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
}
