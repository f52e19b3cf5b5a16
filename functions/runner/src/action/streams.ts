/*
 * The streams of one call, see EventHost in context/host.ts for what the context makes of them.
 *
 * A Source holds bytes for the context: it grants its sender as many bytes as the context has taken (`taken`), so it never holds more
 * than the credit that the sender started with. A Sink passes on what the context has written: beyond its credit it keeps the rest of
 * the one chunk that was written last, and the write is answered when that is gone.
 */

import { cutUtf8 } from "../process/logs.js";
import type { Frame, FrameWriter } from "./channel.js";
import { FromRunner, ToRunner } from "./protocol.js";

const MAX_REASON_BYTES = 4096;

/** Settles a request of the context. */
export interface Answers {
  answer(request: number, text: string): void;
  refuse(request: number, message: string, data?: string): void;
}

/** A stream that the context reads. */
export class Source {
  private readonly chunks: Buffer[] = [];
  private first = 0;
  private size = 0;
  private ended = false;
  private error: string | undefined;
  private reader = 0;

  constructor(
    private readonly answers: Answers,
    /** The context has taken that many bytes: its sender may send as many again. */
    private readonly taken: (bytes: number) => void,
    /** The context won't read on. */
    private readonly cancelled: () => void,
    /** Nobody will ask for it any more. */
    private readonly over: () => void,
  ) {}

  get waiting(): number {
    return this.size;
  }

  push(chunk: Buffer): void {
    if (!this.ended && chunk.length > 0) {
      this.chunks.push(chunk);
      this.size += chunk.length;
      this.tell();
    }
  }

  end(error?: string): void {
    if (!this.ended) {
      this.ended = true;
      this.error = error;
      this.tell();
    }
  }

  /** The context waits for bytes. */
  read(request: number): void {
    this.reader = request;
    this.tell();
  }

  private tell(): void {
    const request = this.reader;
    if (request === 0 || (this.size === 0 && !this.ended)) {
      return;
    }
    this.reader = 0;
    if (this.size === 0 && this.error !== undefined) {
      this.answers.refuse(request, this.error);
    } else {
      this.answers.answer(request, String(this.size));
    }
    if (this.size === 0) {
      this.over();
    }
  }

  take(target: Uint8Array): number {
    let count = 0;
    while (count < target.length && this.chunks.length > 0) {
      const chunk = this.chunks[0]!;
      const part = chunk.subarray(this.first, this.first + target.length - count);
      target.set(part, count);
      count += part.length;
      this.first += part.length;
      if (this.first === chunk.length) {
        this.chunks.shift();
        this.first = 0;
      }
    }
    this.size -= count;
    if (count > 0) {
      this.taken(count);
    }
    return count;
  }

  cancel(): void {
    if (!this.ended) {
      this.ended = true;
      this.cancelled();
    }
    this.chunks.length = 0;
    this.size = 0;
    this.tell();
    this.over();
  }
}

/** Where the bytes of a sink go. */
export interface Outlet {
  data(chunk: Buffer): void;
  end(): void;
  fail(message: string): void;
}

/** A stream that the context writes. It may be written before it is known where it goes. */
export class Sink {
  private outlet: Outlet | undefined;
  private credit = 0;
  private rest: Buffer | undefined;
  private writer = 0;
  private ending: { error: string | undefined } | undefined;
  private refused: string | undefined;
  /** Set when everything has been passed on, or nobody wants it any more. */
  closed = false;
  onClosed: (() => void) | undefined;

  constructor(
    private readonly answers: Answers,
    /** Nobody will write to it any more. */
    private readonly over: () => void,
  ) {}

  attach(outlet: Outlet, credit: number): void {
    this.outlet = outlet;
    this.credit = credit;
    this.pass();
  }

  write(chunk: Buffer, request: number): void {
    if (this.refused !== undefined) {
      this.answers.refuse(request, this.refused);
      return;
    }
    this.rest = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    this.writer = request;
    this.pass();
  }

  /** The context has written everything, or failed to. */
  end(error?: string): void {
    this.ending ??= { error };
    this.pass();
    if (this.closed) {
      this.over();
    }
  }

  grant(bytes: number): void {
    this.credit += bytes;
    this.pass();
  }

  /** The receiver wants no more. */
  refuse(message: string): void {
    this.refused ??= message;
    this.rest = undefined;
    const request = this.writer;
    this.writer = 0;
    if (request !== 0) {
      this.answers.refuse(request, message);
    }
    this.close();
  }

  private pass(): void {
    const { outlet } = this;
    if (outlet === undefined) {
      return;
    }
    while (this.rest !== undefined && this.credit > 0) {
      const part = this.rest.subarray(0, this.credit);
      this.rest = part.length === this.rest.length ? undefined : this.rest.subarray(part.length);
      this.credit -= part.length;
      if (part.length > 0) {
        outlet.data(part);
      }
    }
    if (this.rest !== undefined && this.rest.length > 0) {
      return;
    }
    this.rest = undefined;
    if (this.ending !== undefined && !this.closed) {
      if (this.ending.error === undefined) {
        outlet.end();
      } else {
        outlet.fail(this.ending.error);
      }
      this.close();
    }
    if (this.writer !== 0 && (this.credit > 0 || this.closed)) {
      const request = this.writer;
      this.writer = 0;
      this.answers.answer(request, "");
    }
  }

  private close(): void {
    if (!this.closed) {
      this.closed = true;
      this.outlet = undefined;
      this.onClosed?.();
      if (this.ending !== undefined) {
        this.over();
      }
    }
  }
}

/** The streams of a call by their numbers; those that are over are forgotten. */
export class Streams {
  private readonly sources = new Map<number, Source>();
  private readonly sinks = new Map<number, Sink>();
  private last = -1;

  constructor(
    private readonly answers: Answers,
    private readonly call: number,
    readonly out: FrameWriter,
    private readonly credit: number,
  ) {}

  source(stream: number): Source | undefined {
    return this.sources.get(stream);
  }

  sink(stream: number): Sink | undefined {
    return this.sinks.get(stream);
  }

  /** A number for a stream of this process. */
  private next(): number {
    this.last += 2;
    return this.last;
  }

  /** A stream that the server sends. */
  fromServer(stream: number): void {
    const source = new Source(
      this.answers,
      (bytes) => this.out.begin(FromRunner.CREDIT, this.call).u32(stream).u32(bytes).close(),
      () => this.out.begin(FromRunner.FAIL, this.call).u32(stream).text("cancelled").close(),
      () => this.sources.delete(stream),
    );
    this.sources.set(stream, source);
  }

  /** A stream that this process brings, e.g. the body of a fetch. */
  localSource(taken: (bytes: number) => void, cancelled: () => void): { stream: number; source: Source } {
    const stream = this.next();
    const source = new Source(this.answers, taken, cancelled, () => this.sources.delete(stream));
    this.sources.set(stream, source);
    return { stream, source };
  }

  newSink(): number {
    const stream = this.next();
    this.sinks.set(stream, new Sink(this.answers, () => this.sinks.delete(stream)));
    return stream;
  }

  /** Lets what is written to a sink go to the server. */
  sendToServer(stream: number): void {
    this.sinks.get(stream)?.attach(
      {
        data: (chunk) => this.out.begin(FromRunner.DATA, this.call).u32(stream).bytes(chunk).close(),
        end: () => this.out.begin(FromRunner.END, this.call).u32(stream).close(),
        fail: (message) => this.out.begin(FromRunner.FAIL, this.call).u32(stream).text(cutUtf8(message, MAX_REASON_BYTES)).close(),
      },
      this.credit,
    );
  }

  clear(): void {
    this.sources.clear();
    this.sinks.clear();
  }
}

/** Hands a call what the server sends for its requests and streams. */
export function receive(call: Answers & { readonly streams: Streams }, frame: Frame): void {
  const { streams } = call;
  const number = frame.u32(); // of the request or stream
  switch (frame.type) {
    case ToRunner.ANSWER: {
      const isAnswered = frame.u8() === 1;
      const text = frame.text();
      if (isAnswered) {
        call.answer(number, text);
      } else {
        call.refuse(number, text, frame.u8() === 1 ? frame.text() : undefined);
      }
      break;
    }
    case ToRunner.DATA:
      streams.source(number)?.push(frame.bytes());
      break;
    case ToRunner.END:
      streams.source(number)?.end();
      break;
    case ToRunner.FAIL: {
      const message = frame.text();
      streams.source(number)?.end(message);
      streams.sink(number)?.refuse(message);
      break;
    }
    case ToRunner.CREDIT:
      streams.sink(number)?.grant(frame.u32());
      streams.out.flush(); // what goes out now may be all that the server waits for
      break;
    default:
      throw new Error(`unexpected frame ${frame.type}`);
  }
}
