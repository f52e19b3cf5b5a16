/*
 * A process for actions: many calls at once, each in a context of its own, in one event loop. Code comes as files named by their hash,
 * which are read when a context needs them; everything else comes and goes as frames over standard input and output.
 */
import { readFileSync } from "node:fs";
import type { ActionControl } from "../context/action.js";
import { Context } from "../process/context.js";
import { freezeRealm } from "../process/freeze.js";
import { type ModuleSet, Scripts } from "../process/scripts.js";
import { Call, type Services, type Start } from "./calls.js";
import { type Frame, FrameWriter, readFrames } from "./channel.js";
import { createActionHost } from "./host.js";
import { type Limits, readLimits } from "./limits.js";
import { FromRunner, Kind, ToRunner, VERSION } from "./protocol.js";
import { Pump } from "./pump.js";
import { receive } from "./streams.js";
import { TimerQueue } from "./timers.js";

const out = new FrameWriter(1);
const calls = new Map<number, Call>();
let directory = "";
let limits: Limits;

function file(hash: string, kind: string): string {
  return readFileSync(`${directory}/${hash}.${kind}`, "utf8");
}

const scripts: Scripts = new Scripts({
  script: (set, path) => ({ source: file(scripts.entry(set, path)!.hash, "js"), cache: undefined }),
  map: (set, path) => file(scripts.entry(set, path)!.hash, "map"),
});

const pump = new Pump(
  () => limits,
  (call) => calls.delete(call.id),
);
const host = createActionHost(scripts, () => pump.current());
let services: Services;

function hello(frame: Frame): void {
  if (frame.u16() !== VERSION) {
    throw new Error("the server speaks another version of the runner protocol");
  }
  limits = readLimits(frame);
  directory = frame.text();
  services = { out, timers: new TimerQueue(), limits, wake: (call) => pump.wake(call) };
  out.begin(FromRunner.READY, 0).u16(VERSION).text(process.versions.node).text(process.versions.v8).close();
  out.flush();
}

function readStart(frame: Frame): Start {
  const kind = frame.u8();
  const start: Start = {
    kind,
    set: frame.text(),
    path: frame.text(),
    name: frame.text(),
    requestId: frame.text(),
    seed: frame.raw(32),
    millis: frame.f64(),
    variables: new Map(),
    args: "",
    method: "",
    routed: "",
    request: "",
  };
  for (let count = frame.u32(); count > 0; count--) {
    start.variables.set(frame.text(), frame.text());
  }
  start.args = frame.text();
  if (kind === Kind.HTTP) {
    start.method = frame.text();
    start.routed = frame.text();
    start.request = frame.text();
  }
  return start;
}

function begin(id: number, start: Start): void {
  const context = new Context<ActionControl>(id, host, start.set);
  const call = new Call(id, start, context, services);
  calls.set(id, call);
  const { streamId } = (start.request === "" ? {} : JSON.parse(start.request)) as { streamId?: number | null };
  if (typeof streamId === "number") {
    call.streams.fromServer(streamId);
  }
  pump.begin(call);
}

function defineModules(frame: Frame): void {
  const set = frame.text();
  const modules: ModuleSet = new Map();
  for (let count = frame.u32(); count > 0; count--) {
    modules.set(frame.text(), { hash: frame.text(), node: frame.u8() === 1 });
  }
  scripts.define(set, modules);
}

function ofCall(call: Call, frame: Frame): void {
  switch (frame.type) {
    case ToRunner.CANCEL:
      pump.finish(call, undefined);
      break;
    case ToRunner.GONE:
      call.post((control) => control.clientGone());
      break;
    default:
      receive(call, frame);
  }
}

readFrames(0, (frame) => {
  switch (frame.type) {
    case ToRunner.HELLO:
      hello(frame);
      break;
    case ToRunner.MODULES:
      defineModules(frame);
      break;
    case ToRunner.FORGET:
      scripts.forget(frame.text());
      break;
    case ToRunner.START:
      begin(frame.call, readStart(frame));
      break;
    default: {
      const call = calls.get(frame.call);
      if (call !== undefined) {
        ofCall(call, frame);
      }
    }
  }
}, () => process.exit(0));

process.on("SIGINT", () => {});
freezeRealm();
