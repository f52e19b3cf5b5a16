/*
 * The streams of one call, see EventHost in context/host.ts for what the context makes of them.
 *
 * A Source holds bytes for the context: it grants its sender as many bytes as the context has taken (`taken`), so it never holds more
 * than the credit that the sender started with. A Sink passes on what the context has written: beyond its credit it keeps the rest of
 * the one chunk that was written last, and the write is answered when that is gone.
 */

/** Settles a request of the context. */
export interface Answers {
  answer(request: number, text: string): void;
  refuse(request: number, message: string): void;
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

  constructor(private readonly answers: Answers) {}

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
    if (this.outlet === undefined || this.closed) {
      return;
    }
    while (this.rest !== undefined && this.credit > 0) {
      const part = this.rest.subarray(0, this.credit);
      this.rest = part.length === this.rest.length ? undefined : this.rest.subarray(part.length);
      this.credit -= part.length;
      if (part.length > 0) {
        this.outlet.data(part);
      }
    }
    if (this.rest !== undefined && this.rest.length > 0) {
      return;
    }
    this.rest = undefined;
    if (this.ending !== undefined) {
      if (this.ending.error === undefined) {
        this.outlet.end();
      } else {
        this.outlet.fail(this.ending.error);
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
      this.onClosed?.();
    }
  }
}
