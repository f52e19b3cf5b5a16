/*
 * A process for actions of modules with "use node": real Node.js, real ES modules, one call at a time. Modules are imported once, so
 * what they keep in variables lasts from call to call. Nothing here is a boundary against user code: the process is one. The pipes to
 * the server are the descriptors 3 and 4 (standard input and output where descriptors can't be moved); what user code prints goes to
 * standard error, which nobody shows.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { RuleError } from "../context/rule.js";
import { type Frame, FrameWriter, readFrames } from "../action/channel.js";
import { type Limits, readLimits } from "../action/limits.js";
import { type Outcome, failed, returned, sendDone } from "../action/outcome.js";
import { FromRunner, Kind, ToRunner, VERSION } from "../action/protocol.js";
import { receive } from "../action/streams.js";
import { Logs } from "../process/logs.js";
import { analyze } from "./analyze.js";
import { NodeCall } from "./calls.js";
import { createConsole } from "./console.js";
import { createConvex } from "./convex.js";
import { Errors } from "./errors.js";

const MAX_LOG_CHARS = 1 << 20;
const ERROR = 1;
const moved = process.platform !== "win32";
const out = new FrameWriter(moved ? 4 : 1);
const exit: (code: number) => never = process.exit.bind(process);
const calls = new AsyncLocalStorage<NodeCall | undefined>();
let limits: Limits;
let directory = "";
let errors: Errors;
let running: NodeCall | undefined;
let importing = false;
let spoilt = false;

interface Invocable {
  isAction?: unknown;
  invokeAction(requestId: string, args: string): Promise<unknown>;
}

function hello(frame: Frame): void {
  if (frame.u16() !== VERSION) {
    throw new Error("the server speaks another version of the runner protocol");
  }
  limits = readLimits(frame);
  directory = frame.text();
  errors = new Errors(directory);
  out.begin(FromRunner.READY, 0).u16(VERSION).text(process.versions.node).text(process.versions.v8).close();
  out.flush();
}

function createLogs(id: number): Logs {
  let chars = 0;
  return new Logs({ lines: limits.logLines, lineBytes: limits.logLineBytes }, (level, truncated, parts) => {
    if (chars > MAX_LOG_CHARS) {
      return;
    }
    chars += parts.reduce((sum, part) => sum + part.length, 0);
    const over = chars > MAX_LOG_CHARS;
    const shown = over ? ["Log overflow (maximum 1M characters). Remaining log lines omitted."] : parts;
    out.begin(FromRunner.LOG, id).u8(over ? ERROR : level).u8(truncated && !over ? 1 : 0).f64(Date.now()).texts(shown).close();
    out.flush();
  });
}

function write(level: number, parts: string[]): void {
  const logs = (calls.getStore() ?? running)?.logs;
  if (logs !== undefined) {
    parts.forEach((part) => logs.part(part));
    logs.end(level);
  }
}

/** The names that bundles of CommonJS packages expect; `require` resolves from the module's place. */
function defineModuleGlobals(file: string): void {
  const module = { exports: {} };
  Object.assign(globalThis, {
    require: createRequire(file),
    module,
    exports: module.exports,
    __filename: file,
    __dirname: dirname(file),
  });
}

async function load(path: string): Promise<Record<string, unknown>> {
  const file = `${directory}/${path}`;
  defineModuleGlobals(file);
  importing = true;
  try {
    return (await calls.run(undefined, () => import(pathToFileURL(file).href))) as Record<string, unknown>;
  } finally {
    importing = false;
  }
}

async function invoke(call: NodeCall, path: string, name: string, args: string): Promise<string> {
  const namespace = await load(path);
  if (!(name in namespace)) {
    throw new Error(`Couldn't find action \`${name}\` in \`${path}\``);
  }
  const action = namespace[name] as Invocable | undefined;
  if (action?.isAction !== true) {
    throw new Error(`\`${name}\` wasn't registered as a Convex action in \`${path}\``);
  }
  const result: unknown = await calls.run(call, () => action.invokeAction(call.requestId, args));
  if (typeof result !== "string") {
    throw new Error(`Action \`${name}\` did not return a string (returned \`${String(result)}\`)`);
  }
  return result;
}

function warnOfOutstanding(call: NodeCall): void {
  for (const operation of new Set(call.outstanding())) {
    const name = operation.replace(/^1\.0\//, "").replace(/^actions\//, "");
    call.logs.part(`The action returned while a ${name} call was outstanding. What it does not await ends with it.`);
    call.logs.end(4);
  }
}

/** Tells what became of the call; nothing of it is settled after that. */
function done(call: NodeCall, outcome: Outcome, exiting = false): void {
  if (call.ended) {
    return;
  }
  if (outcome.failure === undefined) {
    warnOfOutstanding(call);
  }
  call.ended = true;
  running = undefined;
  const spent = { millis: performance.now() - call.started, bytes: 0, unawaited: [] };
  sendDone(out, call.id, outcome, spent, exiting || spoilt, limits);
}

async function start(frame: Frame): Promise<void> {
  const kind = frame.u8();
  frame.text();
  const path = frame.text();
  const name = frame.text();
  const requestId = frame.text();
  frame.raw(32);
  frame.f64();
  // Set here and not at the start of the process, so that none of them can be an option of Node.js itself.
  for (let count = frame.u32(); count > 0; count--) {
    process.env[frame.text()] = frame.text();
  }
  const args = frame.text();
  const call = new NodeCall(frame.call, requestId, out, createLogs(frame.call), limits);
  running = call;
  out.begin(FromRunner.RUNNING, call.id).close();
  out.flush();
  try {
    if (kind === Kind.ANALYSIS) {
      done(call, returned(path, name, analyze(await load(path), directory, path, errors), limits));
    } else {
      done(call, returned(path, name, await invoke(call, path, name, args), limits));
    }
  } catch (error) {
    done(call, error instanceof RuleError ? failed(error.code, [error.message, ""]) : failed("", errors.describe(error)));
  }
}

/** What an earlier call has left behind goes wrong: the one that runs now isn't to blame, but is the last of this process. */
function leftoverFailed(): boolean {
  if (running === undefined || calls.getStore()?.ended !== true) {
    return false;
  }
  spoilt = true;
  return true;
}

/** An end that isn't the action's return: it fails the call that runs, and the process goes. */
function end(event: string, error: unknown): never {
  if (running !== undefined) {
    done(running, failed("", errors.describe(error, event)), true);
    // The server ends the process, which it can only do with the children while there is their parent.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  }
  exit(1);
}

const convex = createConvex(calls, () => (importing ? undefined : running));
Object.defineProperty(globalThis, "Convex", { value: convex, writable: true, configurable: true });
const ownConsole = createConsole(write);
Object.defineProperty(globalThis, "console", { get: () => ownConsole, set: () => undefined, configurable: true });
process.exit = ((code?: number) => end("process.exit", new Error(`the action ended its process with code ${code ?? 0}`))) as typeof process.exit;
process.on("unhandledRejection", (reason) => leftoverFailed() || end("unhandledRejection", reason));
process.on("uncaughtException", (error) => leftoverFailed() || end("uncaughtException", error));

readFrames(moved ? 3 : 0, (frame) => {
  if (frame.type === ToRunner.HELLO) {
    hello(frame);
  } else if (frame.type === ToRunner.START) {
    void start(frame);
  } else if (running !== undefined && running.id === frame.call) {
    if (frame.type === ToRunner.CANCEL) {
      exit(0);
    }
    receive(running, frame);
  }
}, () => exit(0));
