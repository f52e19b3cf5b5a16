import type { Logs } from "../process/logs.js";
import type { FrameWriter } from "../action/channel.js";
import { type Limits, isTooLarge } from "../action/limits.js";
import { FromRunner } from "../action/protocol.js";
import { type Answers, type Sink, Streams } from "../action/streams.js";

const MAX_PENDING = 1000;

interface Pending {
  operation: string;
  /** Whether its answer names a stream that the server will send. */
  opens: boolean;
  resolve(text: string): void;
  reject(error: Error): void;
}

/** One running call: what it waits for, and its streams. Once it has ended, nothing of it is ever settled. */
export class NodeCall implements Answers {
  private readonly pending = new Map<number, Pending>();
  readonly streams: Streams;
  private lastRequest = 0;
  readonly started = performance.now();
  ended = false;

  constructor(
    readonly id: number,
    readonly requestId: string,
    private readonly out: FrameWriter,
    readonly logs: Logs,
    private readonly limits: Limits,
  ) {
    this.streams = new Streams(this, id, out, limits.credit);
  }

  /** Names of what hasn't been answered. */
  outstanding(): string[] {
    return [...this.pending.values()].map(({ operation }) => operation);
  }

  private request(operation: string, opens: boolean, write: (request: number) => void): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        return;
      }
      if (this.pending.size >= MAX_PENDING) {
        throw new Error("Too many concurrent operations: at most 1000 may be waited for at once");
      }
      this.lastRequest += 1;
      this.pending.set(this.lastRequest, { operation, opens, resolve, reject });
      write(this.lastRequest);
      this.out.flush();
    });
  }

  async syscall(operation: string, args: string): Promise<string> {
    if (isTooLarge(operation + args, this.limits)) {
      throw new Error("The arguments of the call are too large");
    }
    return this.request(operation, false, (request) => {
      this.out.begin(FromRunner.REQUEST, this.id).u32(request).text(operation).text(args).close();
    });
  }

  async store(blob: Blob, digest: string): Promise<string> {
    const stream = this.streams.newSink();
    const sink = this.streams.sink(stream)!;
    const answer = this.request("storage.store", false, (request) => {
      this.out.begin(FromRunner.STORE, this.id).u32(request).u32(stream).text(blob.type).text(digest).close();
    });
    this.streams.sendToServer(stream);
    void this.send(blob, sink).catch((error: unknown) => {
      sink.end(String(error));
      this.out.flush();
    });
    return answer;
  }

  private async send(blob: Blob, sink: Sink): Promise<void> {
    for await (const chunk of blob.stream()) {
      await this.request("storage.store", false, (request) => sink.write(Buffer.from(chunk), request));
    }
    sink.end();
    this.out.flush();
  }

  async open(storageId: string): Promise<Blob | null> {
    const answer = await this.request("storage.get", true, (request) => {
      this.out.begin(FromRunner.OPEN, this.id).u32(request).text(storageId).close();
    });
    const opened = JSON.parse(answer) as { stream: number; contentType: string | null } | null;
    if (opened === null) {
      return null;
    }
    const source = this.streams.source(opened.stream)!;
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number(await this.request("storage.get", false, (request) => source.read(request)));
      if (size === 0) {
        return new Blob(chunks, { type: opened.contentType ?? "" });
      }
      const chunk = Buffer.alloc(size);
      source.take(chunk);
      chunks.push(chunk);
      this.out.flush();
    }
  }

  answer(request: number, text: string): void {
    const pending = this.take(request);
    if (pending?.opens === true && text !== "null") {
      this.streams.fromServer((JSON.parse(text) as { stream: number }).stream);
    }
    pending?.resolve(text);
  }

  refuse(request: number, message: string, data?: string): void {
    const error: Error & { data?: unknown } = new Error(message);
    if (data !== undefined) {
      error.data = JSON.parse(data);
    }
    this.take(request)?.reject(error);
  }

  private take(request: number): Pending | undefined {
    const pending = this.ended ? undefined : this.pending.get(request);
    this.pending.delete(request);
    return pending;
  }
}
