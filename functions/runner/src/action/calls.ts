import type { ActionControl } from "../context/action.js";
import { Context } from "../process/context.js";
import { Logs } from "../process/logs.js";
import type { FrameWriter } from "./channel.js";
import { FromRunner } from "./protocol.js";
import { type Answers, Sink, Source } from "./streams.js";
import type { TimerHandle, TimerQueue } from "./timers.js";

export interface Limits {
  logLines: number;
  logLineBytes: number;
  errorBytes: number;
  operations: number;
  timers: number;
  credit: number;
  /** Bytes of the largest frame, and of the largest result: what is surely too large is refused here. */
  frameBytes: number;
  resultBytes: number;
  /** What a call may use, as errors tell it. */
  heapBytes: number;
}

/** What START says. */
export interface Start {
  kind: number;
  set: string;
  path: string;
  name: string;
  requestId: string;
  seed: Buffer;
  millis: number;
  variables: Map<string, string>;
  args: string;
  method: string;
  routed: string;
  request: string;
}

/** What calls need of their process. */
export interface Services {
  out: FrameWriter;
  timers: TimerQueue;
  limits: Limits;
  /** The call has an event: it gets a turn. */
  wake(call: Call): void;
}

interface Operation {
  name: string;
  /** Whether its answer names a stream that the server will send. */
  opens: boolean;
  /** Gives it up; for operations of this process. */
  abort: (() => void) | undefined;
  /** Whether it has one of the places for operations that run at once. */
  placed: boolean;
}

const MAX_WAITING = 65536;
const MAX_WAITING_CHARS = 16 << 20;
const LOCAL_FIRST = 1;

/**
 * One running call. Whatever happens to it comes as an event (`post`), which is a call of the context's control; events are carried
 * out by the pump, in turns, each followed by a drain of the context. An operation is a request of the context that takes time; only
 * so many run at once, the others wait. Nothing here runs user code, so that the host functions may call it in the middle of a turn.
 */
export class Call implements Answers {
  readonly events: Array<(control: ActionControl) => void> = [];
  readonly logs: Logs;
  private readonly operations = new Map<number, Operation>();
  private readonly waiting: Array<() => void> = [];
  private waitingChars = 0;
  private lastRequest = 0;
  private running = 0;
  private readonly pendingTimers = new Map<number, TimerHandle>();
  private readonly sources = new Map<number, Source>();
  private readonly sinks = new Map<number, Sink>();
  private lastStream = LOCAL_FIRST - 2;
  /** Run when the call ends, whatever became of it. */
  readonly aborts = new Set<() => void>();
  private effectTold = false;
  /** Why the last host function refused. */
  refusal = "";
  response: { stream: Sink | undefined } | undefined;
  userMillis = 0;
  grownBytes = 0;
  ended = false;

  constructor(
    readonly id: number,
    readonly start: Start,
    readonly context: Context<ActionControl>,
    readonly services: Services,
  ) {
    const { out, limits } = services;
    this.logs = new Logs({ lines: limits.logLines, lineBytes: limits.logLineBytes }, (level, truncated, parts) => {
      out.begin(FromRunner.LOG, id).u8(level).u8(truncated ? 1 : 0).f64(Date.now()).texts(parts).close();
    });
  }

  /** Something has happened: the event is carried out in the call's next turn. */
  post(event: (control: ActionControl) => void): void {
    if (!this.ended) {
      this.events.push(event);
      this.services.wake(this);
    }
  }

  answer(request: number, text: string): void {
    if (this.finish(request)) {
      this.post((control) => control.settle(request, text));
    }
  }

  refuse(request: number, message: string, data?: string): void {
    if (this.finish(request)) {
      this.post((control) => control.fail(request, message, data));
    }
  }

  /** Whether anything can still happen to the call. */
  get isWaiting(): boolean {
    return this.events.length > 0 || this.operations.size > 0 || this.pendingTimers.size > 0;
  }

  /** Names of what is still running (spec 30 §9.3). */
  unawaited(): string[] {
    return [...this.operations.values()].map(({ name }) => name);
  }

  /**
   * A new operation of that name. `run` starts it, at once or when others have ended.
   *
   * @param isPart whether it is part of another operation (reading or writing its stream), which couldn't end if this had to wait
   * @returns the number of its request; undefined if there are too many
   */
  operation(name: string, size: number, run: (request: number) => (() => void) | void, isPart = false): number | undefined {
    const isFull = !isPart && this.running >= this.services.limits.operations;
    if (isFull && (this.waiting.length >= MAX_WAITING || this.waitingChars + size > MAX_WAITING_CHARS)) {
      this.refusal = "Too many concurrent operations";
      return undefined;
    }
    this.lastRequest += 1;
    const request = this.lastRequest;
    const operation: Operation = { name, opens: name === "storage.get", abort: undefined, placed: false };
    this.operations.set(request, operation);
    const begin = () => {
      if (!this.operations.has(request)) {
        this.waiting.shift()?.(); // given up while it waited
        return;
      }
      operation.placed = !isPart;
      this.running += isPart ? 0 : 1;
      const abort = run(request);
      if (abort !== undefined && this.operations.has(request)) {
        operation.abort = abort;
        this.aborts.add(abort);
      }
    };
    if (isFull) {
      this.waitingChars += size;
      this.waiting.push(() => {
        this.waitingChars -= size;
        begin();
      });
    } else {
      begin();
    }
    return request;
  }

  private finish(request: number): boolean {
    const operation = this.operations.get(request);
    if (operation === undefined || this.ended) {
      return false;
    }
    this.operations.delete(request);
    if (operation.abort !== undefined) {
      this.aborts.delete(operation.abort);
    }
    if (operation.placed) {
      this.running -= 1;
      this.waiting.shift()?.();
    }
    return true;
  }

  /** The stream that the answer to an `OPEN` names; 0: none. */
  opened(request: number, text: string): number {
    if (this.operations.get(request)?.opens !== true) {
      return 0;
    }
    return (JSON.parse(text) as { stream: number } | null)?.stream ?? 0;
  }

  /** Gives up an operation that this process carries out. */
  abort(request: number): void {
    const operation = this.operations.get(request);
    if (operation?.placed === false) {
      this.refuse(request, "The request was aborted");
    } else {
      operation?.abort?.();
    }
  }

  /** Tells that the call does something which the server can't see, before it does. */
  effect(): void {
    if (!this.effectTold) {
      this.effectTold = true;
      this.services.out.begin(FromRunner.EFFECT, this.id).close();
    }
  }

  startTimer(id: number, millis: number): boolean {
    if (this.pendingTimers.size >= this.services.limits.timers) {
      return false;
    }
    const handle = this.services.timers.start(millis, () => {
      this.pendingTimers.delete(id);
      this.post((control) => control.timer(id));
    });
    this.pendingTimers.set(id, handle);
    return true;
  }

  clearTimer(id: number): void {
    const handle = this.pendingTimers.get(id);
    if (handle !== undefined) {
      this.pendingTimers.delete(id);
      this.services.timers.clear(handle);
    }
  }

  /** A number for a stream of this process. */
  private nextStream(): number {
    this.lastStream += 2;
    return this.lastStream;
  }

  source(stream: number): Source | undefined {
    return this.sources.get(stream);
  }

  sink(stream: number): Sink | undefined {
    return this.sinks.get(stream);
  }

  /** A stream that the server sends. */
  serverSource(stream: number): Source {
    const { out } = this.services;
    const source = new Source(
      this,
      (bytes) => out.begin(FromRunner.CREDIT, this.id).u32(stream).u32(bytes).close(),
      () => out.begin(FromRunner.FAIL, this.id).u32(stream).text("cancelled").close(),
    );
    this.sources.set(stream, source);
    return source;
  }

  /** A stream that this process brings, e.g. the body of a fetch. */
  localSource(taken: (bytes: number) => void, cancelled: () => void): { stream: number; source: Source } {
    const stream = this.nextStream();
    const source = new Source(this, taken, cancelled);
    this.sources.set(stream, source);
    return { stream, source };
  }

  newSink(): number {
    const stream = this.nextStream();
    this.sinks.set(stream, new Sink(this));
    return stream;
  }

  /** Lets a stream that the context writes go to the server. */
  sendToServer(stream: number): Sink | undefined {
    const sink = this.sinks.get(stream);
    const { out, limits } = this.services;
    sink?.attach(
      {
        data: (chunk) => out.begin(FromRunner.DATA, this.id).u32(stream).bytes(chunk).close(),
        end: () => out.begin(FromRunner.END, this.id).u32(stream).close(),
        fail: (message) => out.begin(FromRunner.FAIL, this.id).u32(stream).text(message).close(),
      },
      limits.credit,
    );
    return sink;
  }

  /** Forgets everything that could still happen. */
  end(): void {
    this.ended = true;
    this.events.length = 0;
    this.waiting.length = 0;
    for (const handle of this.pendingTimers.values()) {
      this.services.timers.clear(handle);
    }
    this.pendingTimers.clear();
    for (const abort of [...this.aborts]) {
      abort();
    }
    this.aborts.clear();
    this.operations.clear();
    this.sources.clear();
    this.sinks.clear();
  }
}
