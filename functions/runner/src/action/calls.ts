import type { ActionControl } from "../context/action.js";
import { Context } from "../process/context.js";
import { Logs } from "../process/logs.js";
import type { FrameWriter } from "./channel.js";
import type { Limits } from "./limits.js";
import { FromRunner } from "./protocol.js";
import { type Answers, type Sink, Streams } from "./streams.js";
import type { TimerHandle, TimerQueue } from "./timers.js";

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

/**
 * What an operation is: a request like any other; one whose answer names a stream that the server will send; or a part of another one
 * (reading or writing its stream), which couldn't end if this had to wait.
 */
type Role = "request" | "open" | "part";

interface Operation {
  name: string;
  role: Role;
  /** Gives it up; for operations of this process. */
  abort: (() => void) | undefined;
  /** Whether it has one of the places for operations that run at once. */
  placed: boolean;
}

const MAX_WAITING = 65536;
const MAX_WAITING_CHARS = 16 << 20;

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
  readonly streams: Streams;
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
    this.streams = new Streams(this, id, out, limits.credit);
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
    const operation = this.finish(request);
    if (operation !== undefined) {
      if (operation.role === "open" && text !== "null") {
        this.streams.fromServer((JSON.parse(text) as { stream: number }).stream);
      }
      this.post((control) => control.settle(request, text));
    }
  }

  refuse(request: number, message: string, data?: string): void {
    if (this.finish(request) !== undefined) {
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
   * @returns the number of its request; undefined if there are too many
   */
  operation(name: string, size: number, run: (request: number) => (() => void) | void, role: Role = "request"): number | undefined {
    const isPart = role === "part";
    const isFull = !isPart && this.running >= this.services.limits.operations;
    if (isFull && (this.waiting.length >= MAX_WAITING || this.waitingChars + size > MAX_WAITING_CHARS)) {
      this.refusal = "Too many concurrent operations";
      return undefined;
    }
    this.lastRequest += 1;
    const request = this.lastRequest;
    const operation: Operation = { name, role, abort: undefined, placed: false };
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

  private finish(request: number): Operation | undefined {
    const operation = this.operations.get(request);
    if (operation === undefined || this.ended) {
      return undefined;
    }
    this.operations.delete(request);
    if (operation.abort !== undefined) {
      this.aborts.delete(operation.abort);
    }
    if (operation.placed) {
      this.running -= 1;
      this.waiting.shift()?.();
    }
    return operation;
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
    this.streams.clear();
    this.context.close();
  }
}
