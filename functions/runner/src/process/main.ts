/*
 * A database runner: one call of a query or mutation at a time, with the calls nested in it, in a blocking loop over standard input
 * and output.
 *
 * States of the process, from the parent's view: idle (in `serve`), running a call (between RUN and DONE), waiting for the parent
 * inside a call (in `exchange`). Everything a call asks of the parent goes through `exchange`, which is where nested calls enter and
 * where an ABORT unwinds all calls at once by throwing Aborted through this realm. User code never runs between two frames of this
 * realm that would have to survive an ABORT: synchronous syscalls remember it (`aborted`) and it is thrown when the turn is over.
 *
 * Two message buffers: `turn` collects asynchronous syscalls while user code runs; `out` carries all else. A call has no syscalls
 * collected while another one nested in it runs, so one buffer is enough.
 */
import { Reader, Writer } from "./channel.js";
import type { Control } from "../context/main.js";
import { Context as AnyContext } from "./context.js";
import { type Failure, toFailure } from "./failures.js";
import { createHost } from "./host.js";
import { freezeRealm } from "./freeze.js";
import { collectIfDue } from "./garbage.js";
import { Logs } from "./logs.js";
import { type Found, locate } from "./positions.js";
import { Delivery, Flag, Runner, Server, Status, VERSION } from "./protocol.js";
import { SeededRandom } from "./random.js";
import { type ModuleSet, SCRIPT_PREFIX, Scripts } from "./scripts.js";
import { type Stream, Streams, isRead } from "./streams.js";

const PENDING = 0;
const FULFILLED = 1;
const CALLS_BETWEEN_TICKS = 64;
const MAX_PENDING = 65536;
const MAX_VARIABLE_NAME = 1024;
/** What a message holds beside the text that is limited. */
const MESSAGE_ROOM = 1 << 16;

class Aborted extends Error {}

class Context extends AnyContext<Control> {}

interface Phase {
  seed: Buffer;
  millis: number;
}

interface Call {
  context: number;
  mutation: boolean;
  nested: boolean;
  set: string;
  path: string;
  name: string;
  args: string;
  seed: Buffer;
  now: number;
  imports: Phase;
}

interface CodedFailure extends Failure {
  code: string;
}

const input = new Reader();
const out = new Writer();
const turn = new Writer();
const logs = new Logs({ lines: 256, lineBytes: 32768 }, (level, truncated, parts) => {
  out.u8(level);
  out.u8(truncated ? 1 : 0);
  out.f64(Date.now());
  out.u32(parts.length);
  for (const part of parts) {
    out.text(part);
  }
  out.send(Runner.LOG);
});
const contexts = new Map<number, Context>();
let current: Context | undefined;
let lastContext = 0;
let turnSize = 0;
let streams = new Streams();
/** The queries that the turn's syscalls ask for rows, by the number of the syscall. */
let turnStreams: Array<Stream | undefined> = [];
let aborted = false;
let errorMessage = "";
let errorData: string | undefined;
let maxErrorBytes = 65536;
/** Bytes; a larger message would be taken for a fault of this process, so what user code makes is held to less. */
let maxMessage = 1 << 24;
let maxResultMib = 16;

/** Whether a message that holds that much already has room for two more texts. */
function fits(one: string, other: string, used: number): boolean {
  const room = maxMessage - MESSAGE_ROOM - used;
  return (one.length + other.length) * 3 <= room || Buffer.byteLength(one) + Buffer.byteLength(other) <= room;
}

/** Sends a message that must be answered. After an ABORT no more are sent. */
function exchange(message: number): number {
  if (aborted) {
    out.clear();
    return Server.ABORT;
  }
  out.send(message);
  const type = answered();
  if (type === Server.ABORT) {
    aborted = true;
  }
  return type;
}

function answered(): number {
  for (;;) {
    const type = input.next();
    if (type === Server.RUN) {
      runCall(readCall());
    } else if (!handleQuiet(type)) {
      return type;
    }
  }
}

function unexpected(type: number): never {
  throw new Error(`unexpected message ${type}`);
}

const scripts = new Scripts({
  script(set, path) {
    out.text(set);
    out.text(path);
    const type = exchange(Runner.NEED_SCRIPT);
    if (type === Server.ABORT) {
      throw new Aborted();
    }
    if (type !== Server.SCRIPT) {
      return unexpected(type);
    }
    const source = input.text();
    const length = input.u32();
    return { source, cache: length === 0 ? undefined : input.raw(length) };
  },
  map(set, path) {
    out.text(set);
    out.text(path);
    const type = exchange(Runner.NEED_MAP);
    return type === Server.ANSWER && input.u8() === Status.OK ? input.text() : "";
  },
});

const host = createHost(
  {
    syscall(operation, argsJson) {
      if (operation === "1.0/queryStream") {
        return streams.start(argsJson);
      }
      if (operation === "1.0/queryCleanup") {
        const stream = streams.find(argsJson);
        if (stream !== undefined) {
          streams.close(stream);
        }
        return stream === undefined ? "false" : "true";
      }
      if (!fits(operation, argsJson, 0)) {
        errorMessage = "The arguments of a host call are too large";
        errorData = undefined;
        return undefined;
      }
      out.text(operation);
      out.text(argsJson);
      if (exchange(Runner.SYSCALL) === Server.ABORT) {
        errorMessage = "Convex encountered an internal error";
        errorData = undefined;
        return undefined;
      }
      if (input.u8() === Status.OK) {
        return input.text();
      }
      errorMessage = input.text();
      errorData = input.u8() === 0 ? undefined : input.text();
      return undefined;
    },
    errorMessage: () => errorMessage,
    errorData: () => errorData,
    asyncSyscall(operation, argsJson) {
      const stream = operation === "1.0/queryStreamNext" ? streams.find(argsJson) : undefined;
      if (turnSize >= MAX_PENDING || !fits(operation, stream?.args ?? argsJson, turn.length)) {
        errorMessage = "Too many concurrent operations: the calls that are pending together, or their arguments, are too large";
        errorData = undefined;
        return undefined;
      }
      if (stream === undefined) {
        if (!isRead(operation)) {
          streams.rewind();
        }
        turn.text(operation);
        turn.text(argsJson);
        turn.u32(0);
        turnSize += 1;
        return turnSize - 1;
      }
      const row = streams.take(stream);
      if (row !== undefined) {
        return row;
      }
      turn.text(stream.args === undefined ? operation : "1.0/queryStream");
      turn.text(stream.args ?? "");
      turn.u32(stream.id);
      stream.args = undefined;
      turnStreams[turnSize] = stream;
      turnSize += 1;
      return turnSize - 1;
    },
    environmentVariable(name) {
      if (name.length > MAX_VARIABLE_NAME) {
        return undefined;
      }
      out.text(name);
      out.u8(current!.importing ? 1 : 0);
      const type = exchange(Runner.ENVIRONMENT);
      return type === Server.ANSWER && input.u8() === Status.OK ? input.text() : undefined;
    },
    instantiate(path) {
      try {
        const script = scripts.get(current!.set, path);
        return script === undefined ? "" : (current!.run(script.script) as never);
      } catch (error) {
        return `${path}: ${(error as Error).message}`;
      }
    },
    logPart: (text) => logs.part(text),
    logEnd: (level) => logs.end(level),
    mapFrame(script, line, column) {
      const place = scripts.original(current!.set, script, line, column);
      return place === undefined ? "" : `${place.file}:${place.line}:${place.column}`;
    },
  },
  () => current!,
);

process.on("unhandledRejection", (reason) => {
  current?.unhandled.push(reason);
});

function checkAborted(): void {
  if (aborted) {
    throw new Aborted();
  }
}

function drain(context: Context): void {
  context.drain();
  checkAborted();
}

function failureOf(code: string, description: string[]): CodedFailure {
  return { code, ...toFailure(description, maxErrorBytes, maxMessage - MESSAGE_ROOM) };
}

/** What is wrong after a drain, if anything. */
function checkTurn(context: Context): CodedFailure | undefined {
  if (context.unhandled.length > 0) {
    return failureOf("", context.control.describe(context.unhandled[0]));
  }
  const { control } = context;
  return control.status() > FULFILLED ? failureOf(control.failureCode(), control.failure()) : undefined;
}

function createContext(set: string): Context {
  lastContext += 1;
  return new Context(lastContext, host, set);
}

function loadEntry(context: Context, path: string, phase: Phase): CodedFailure | undefined {
  context.importing = true;
  context.random = new SeededRandom(phase.seed);
  context.control.load(path, phase.millis);
  drain(context);
  const failure = checkTurn(context);
  if (failure === undefined && context.control.status() === PENDING) {
    return failureOf("", ["Top-level awaits in source files are unsupported", ""]);
  }
  context.loaded = { set: context.set, path };
  return failure;
}

/** Sends the turn's syscalls and settles them with the parent's answers, nested calls in between. */
function exchangeTurn(context: Context): void {
  streams.report(out);
  out.u32(turnSize);
  out.append(turn);
  turn.clear();
  turnSize = 0;
  out.send(Runner.TURN);
  const type = answered();
  if (type === Server.ABORT) {
    aborted = true;
    throw new Aborted();
  }
  if (type !== Server.DELIVER) {
    unexpected(type);
  }
  const count = input.u32();
  for (let i = 0; i < count; i++) {
    const stream = turnStreams[i];
    switch (input.u8()) {
      case Delivery.OK:
        context.control.settle(i, input.text());
        break;
      case Delivery.FAILED: {
        if (stream !== undefined) {
          streams.close(stream);
        }
        const message = input.text();
        context.control.fail(i, message, input.u8() === 0 ? undefined : input.text());
        break;
      }
      default:
        context.control.settle(i, readRows(stream!));
    }
  }
  turnStreams = [];
}

/** The first of the rows is the answer, and counted by the parent already; the others are kept. */
function readRows(stream: Stream): string {
  const rows: string[] = [];
  for (let count = input.u32(); count > 0; count--) {
    rows.push(input.text());
  }
  stream.bring(rows, input.u8() === 1);
  const first = streams.take(stream)!;
  stream.taken = 0;
  return first;
}

function execute(context: Context, call: Call): CodedFailure | undefined {
  context.importing = false;
  context.random = new SeededRandom(call.seed);
  context.control.invoke(call.path, call.name, call.mutation, call.args, call.now);
  for (;;) {
    drain(context);
    const failure = checkTurn(context);
    if (failure !== undefined) {
      return failure;
    }
    if (turnSize > 0) {
      exchangeTurn(context);
    } else {
      return context.control.status() === PENDING ? failureOf("", ["Returned promise will never resolve", ""]) : undefined;
    }
  }
}

function readPhase(): Phase {
  return { seed: input.raw(32), millis: input.f64() };
}

function readCall(): Call {
  return {
    context: input.u32(),
    mutation: input.u8() === 1,
    nested: input.u8() === 1,
    set: input.text(),
    path: input.text(),
    name: input.text(),
    args: input.text(),
    seed: input.raw(32),
    now: input.f64(),
    imports: readPhase(),
  };
}

/** A result whose text is so large that its value is beyond the limit, too, whatever it holds. */
function oversize(context: Context, what: string): CodedFailure | undefined {
  const result = context.control.result();
  if (fits(result, "", 0)) {
    return undefined;
  }
  const size = (Buffer.byteLength(result) / (1 << 20)).toFixed(2);
  return failureOf("", [`Function ${what} return value is too large (actual: ${size} MiB, limit: ${maxResultMib} MiB)`, ""]);
}

function sendDone(context: Context, failure: CodedFailure | undefined, kept: number): void {
  checkAborted(); // describing the failure may have asked for source maps
  const observed = context.importing ? 0 : context.control.observed();
  streams.report(out);
  out.u8(failure === undefined ? 1 : 0);
  out.u8(observed | (scripts.hasHarvest ? Flag.NEW_SCRIPTS : 0));
  out.u32(kept);
  if (failure === undefined) {
    out.text(context.control.result());
  } else {
    out.text(failure.code);
    out.text(failure.message);
    out.text(failure.data);
    out.u32(failure.frames.length);
    for (const frame of failure.frames) {
      out.text(frame);
    }
  }
  out.send(Runner.DONE);
}

function discardTurn(): void {
  if (turnSize > 0) {
    turnSize = 0;
    turn.clear();
    turnStreams = [];
  }
}

function runCall(call: Call): void {
  const caller = current;
  if (call.nested && caller !== undefined) {
    call.seed = caller.random.childSeed();
  } else {
    logs.reset();
  }
  const prepared = contexts.get(call.context);
  contexts.delete(call.context);
  const context = prepared ?? createContext(call.set);
  const callerStreams = streams;
  const callerTurn = turnStreams;
  streams = new Streams();
  turnStreams = [];
  current = context;
  let failure: CodedFailure | undefined;
  let kept = false;
  try {
    failure = context.loaded === undefined ? loadEntry(context, call.path, call.imports) : undefined;
    failure ??= execute(context, call) ?? oversize(context, `${call.path}:${call.name}`);
    discardTurn();
    kept = failure === undefined && context.control.reusable();
    sendDone(context, failure, kept ? context.id : 0);
    if (kept) {
      contexts.set(context.id, context);
    }
  } finally {
    if (!kept) {
      context.close();
    }
    current = caller;
    streams = callerStreams;
    turnStreams = callerTurn;
  }
}

/** Loads a context for a call that may come. Whatever goes wrong will go wrong again, and be told, in the call. */
function prepare(): void {
  const set = input.text();
  const path = input.text();
  const phase = readPhase();
  logs.reset();
  const context = createContext(set);
  current = context;
  try {
    const failure = loadEntry(context, path, phase);
    discardTurn();
    checkAborted();
    if (failure === undefined) {
      contexts.set(context.id, context);
    }
    out.u32(failure === undefined ? context.id : 0);
    out.send(Runner.PREPARED);
  } finally {
    if (!contexts.has(context.id)) {
      context.close();
    }
    current = undefined;
  }
}

/** Puts the places of handlers into an analysis. */
function withPlaces(set: string, path: string, json: string): string {
  const analysis = JSON.parse(json) as { functions: Found[]; httpRoutes: Found[] | null; sourceIndex?: number | null };
  const source = scripts.get(set, path)?.source ?? "";
  const script = SCRIPT_PREFIX + path;
  locate([...analysis.functions, ...(analysis.httpRoutes ?? [])], source, (line, column) => scripts.original(set, script, line, column));
  analysis.sourceIndex = scripts.sourceIndex(set, path);
  return JSON.stringify(analysis);
}

function evaluate(): void {
  const what = input.u8();
  const set = input.text();
  const path = input.text();
  const phase = readPhase();
  logs.reset();
  const context = createContext(set);
  current = context;
  try {
    context.random = new SeededRandom(phase.seed);
    context.control.evaluate(what, path, phase.millis);
    drain(context);
    let failure = checkTurn(context);
    if (failure === undefined && context.control.status() === PENDING) {
      failure = failureOf("", ["Top-level awaits in source files are unsupported", ""]);
    }
    discardTurn();
    failure ??= oversize(context, path);
    if (failure !== undefined || what !== 0) {
      sendDone(context, failure, 0);
      return;
    }
    // Before anything is written to the message: finding places may ask for source maps, which is a message of its own.
    const analysis = withPlaces(set, path, context.control.result());
    checkAborted();
    streams.report(out);
    out.u8(1);
    out.u8(0);
    out.u32(0);
    out.text(analysis);
    out.send(Runner.DONE);
  } finally {
    context.close();
    current = undefined;
  }
}

function harvest(): void {
  const caches = scripts.harvest(maxMessage >> 1);
  out.u32(caches.length);
  for (const { hash, cache } of caches) {
    out.text(hash);
    out.bytes(cache);
  }
  out.send(Runner.CACHES);
}

/** Messages that are not answered and may come at any time. */
function handleQuiet(type: number): boolean {
  switch (type) {
    case Server.MODULES: {
      const set = input.text();
      const modules: ModuleSet = new Map();
      for (let count = input.u32(); count > 0; count--) {
        modules.set(input.text(), { hash: input.text(), node: input.u8() === 1 });
      }
      scripts.define(set, modules);
      return true;
    }
    case Server.FORGET:
      scripts.forget(input.text());
      return true;
    case Server.DROP: {
      const id = input.u32();
      contexts.get(id)?.close();
      contexts.delete(id);
      return true;
    }
    default:
      return false;
  }
}

function hello(): void {
  const type = input.next();
  if (type !== Server.HELLO || input.u16() !== VERSION) {
    throw new Error("the server speaks another version of the runner protocol");
  }
  logs.limits = { lines: input.u32(), lineBytes: input.u32() };
  maxErrorBytes = input.u32();
  maxMessage = input.u32();
  maxResultMib = input.u32();
  out.u16(VERSION);
  out.text(process.versions.node);
  out.text(process.versions.v8);
  out.send(Runner.READY);
}

function handle(type: number): void {
  try {
    switch (type) {
      case Server.RUN:
        runCall(readCall());
        break;
      case Server.PREPARE:
        prepare();
        break;
      case Server.EVALUATE:
        evaluate();
        break;
      case Server.HARVEST:
        harvest();
        break;
      case Server.ABORT: // of a call that the parent gave up before it was sent
        throw new Aborted();
      default:
        if (!handleQuiet(type)) {
          unexpected(type);
        }
    }
  } catch (error) {
    if (!(error instanceof Aborted)) {
      throw error;
    }
    aborted = false;
    discardTurn();
    out.clear();
    out.send(Runner.ABORTED);
  }
}

/** Blocks for messages; now and then gives the event loop a turn, in which the engine does its deferred cleaning up. */
async function serve(): Promise<void> {
  for (;;) {
    for (let i = 0; i < CALLS_BETWEEN_TICKS; i++) {
      handle(input.next());
      collectIfDue();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

process.on("SIGINT", () => {});
freezeRealm();
hello();
serve().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
