/*
 * The one place where contexts are entered. Calls with events take turns, one turn an iteration of the event loop, never inside one of
 * Node's own callbacks. A turn: RUNNING leaves at once (an endless loop must be known by its name), each event is carried out and the
 * context drained, the state of the call is looked at, and what the turn has asked for leaves together with PARKED or DONE.
 *
 * A call is loading, then (HTTP) routing, then executing. `current` is set only inside a turn; a rejected promise of this process's own
 * realm is a fault of the runner and ends it.
 */
import { AsyncResource } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { ActionControl } from "../context/action.js";
import { collectGarbage, collectIfDue } from "../process/garbage.js";
import { cutUtf8 } from "../process/logs.js";
import { SeededRandom } from "../process/random.js";
import type { Call } from "./calls.js";
import type { Limits } from "./limits.js";
import { type Outcome, failed, returned, sendDone } from "./outcome.js";
import { FromRunner, Kind } from "./protocol.js";
import { TrueRandom } from "./random.js";

const PENDING = 0;
const REJECTED = 2;
/** Turns shorter than this don't get their memory measured. */
const MEASURED_TURN_MILLIS = 4;
/** Share of the heap, and bytes of buffers, from which a process is nearly full. */
const FULL = 0.75;
const MAX_BUFFERS = 128 << 20;
const MAX_ROUTE_BYTES = 4096;
const RELIEF_MILLIS = 50;
const NEVER = ["Returned promise will never resolve", ""];

type Step = "loading" | "routing" | "executing";

export class Pump {
  private readonly ready: Call[] = [];
  private readonly steps = new Map<Call, Step>();
  private scheduled = false;
  private running: Call | undefined;
  private lastRelief = -RELIEF_MILLIS;

  constructor(
    private readonly limits: () => Limits,
    private readonly ended: (call: Call) => void,
  ) {
    process.on("unhandledRejection", (reason, promise) => {
      if (promise instanceof Promise || this.running === undefined) {
        throw reason;
      }
      this.running.context.unhandled.push(reason);
    });
  }

  /** The call whose turn it is; only asked in a turn. */
  current(): Call {
    return this.running!;
  }

  begin(call: Call): void {
    const { start, context } = call;
    this.steps.set(call, "loading");
    context.importing = true;
    context.random = new SeededRandom(start.seed);
    call.post((control) => control.load(start.path, start.millis));
  }

  wake(call: Call): void {
    if (call.events.length === 1 && call !== this.running) {
      this.ready.push(call);
      this.schedule();
    }
  }

  private schedule(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(() => {
        this.scheduled = false;
        const call = this.ready.shift();
        if (call !== undefined) {
          this.turn(call);
        }
        collectIfDue();
        if (this.ready.length > 0) {
          this.schedule();
        }
      });
    }
  }

  private turn(call: Call): void {
    if (call.ended) {
      return;
    }
    const { out } = call.services;
    out.begin(FromRunner.RUNNING, call.id).close();
    out.flush();
    const start = performance.now();
    const cpu = process.cpuUsage();
    const heap = memory();
    this.running = call;
    let outcome: Outcome | undefined;
    try {
      for (let left = call.events.length; left > 0 && outcome === undefined; left--) {
        outcome = this.carryOut(call, call.events.shift()!);
      }
    } finally {
      this.running = undefined;
    }
    // On a busy machine time passes in which the call didn't compute.
    const { user, system } = process.cpuUsage(cpu);
    const millis = Math.min(performance.now() - start, (user + system) / 1000);
    call.userMillis += millis;
    const after = millis < MEASURED_TURN_MILLIS ? 0 : memory();
    call.grownBytes += after === 0 ? 0 : Math.max(0, after - heap);
    if (outcome !== undefined) {
      this.finish(call, outcome);
    } else if (after > 0) {
      this.relieve();
    }
    if (!call.ended) {
      out.begin(FromRunner.PARKED, call.id).f64(millis).u32(after >>> 10).close();
      if (call.events.length > 0) {
        this.ready.push(call);
      }
    }
    out.flush();
  }

  private carryOut(call: Call, event: (control: ActionControl) => void): Outcome | undefined {
    const { context } = call;
    const { control } = context;
    if (context.storages.length === 0) {
      event(control);
      context.drain();
    } else {
      // What one event enters into a storage is not seen by the next.
      new AsyncResource("event").runInAsyncScope(() => {
        event(control);
        context.drain();
      });
    }
    for (;;) {
      const outcome = this.look(call);
      if (outcome !== "next") {
        return outcome;
      }
      context.drain();
    }
  }

  /** What has become of the call: undefined while it goes on, "next" if its next step was begun. */
  private look(call: Call): Outcome | "next" | undefined {
    const { context } = call;
    const { control } = context;
    if (context.unhandled.length > 0) {
      return failed("", control.describe(context.unhandled[0]));
    }
    const status = control.status();
    if (status === REJECTED) {
      return failed(control.failureCode(), control.failure());
    }
    if (this.steps.get(call) !== "executing") {
      return this.advance(call, status);
    }
    if (status === PENDING) {
      return call.isWaiting ? undefined : failed("", NEVER);
    }
    const response = call.response?.stream;
    if (response === undefined || response.closed) {
      return returned(call.start.path, call.start.name, control.result(), this.limits());
    }
    return call.isWaiting ? undefined : failed("", NEVER);
  }

  private advance(call: Call, status: number): Outcome | "next" {
    const { start, context } = call;
    const { control } = context;
    if (status === PENDING) {
      return failed("", ["Top-level awaits in source files are unsupported", ""]);
    }
    if (start.kind === Kind.ACTION) {
      this.execute(call);
      control.invoke(start.path, start.name, start.requestId, start.args);
      return "next";
    }
    if (this.steps.get(call) === "loading") {
      this.steps.set(call, "routing");
      control.route(start.method, start.routed);
      return "next";
    }
    const route = control.result();
    if (route === "") {
      return { code: "", failure: undefined, result: "" };
    }
    call.services.out.begin(FromRunner.ROUTE, call.id).text(cutUtf8(route, MAX_ROUTE_BYTES)).close();
    this.execute(call);
    control.serve(start.request);
    return "next";
  }

  private execute(call: Call): void {
    this.steps.set(call, "executing");
    call.context.importing = false;
    call.context.random = new TrueRandom(randomBytes(32));
  }

  /**
   * Ends the call that has let the process grow most, when hardly any memory is left: else the next one to need some would take all
   * others with it.
   */
  private relieve(): void {
    const now = performance.now();
    if (now - this.lastRelief < RELIEF_MILLIS || !isNearlyFull()) {
      return;
    }
    collectGarbage();
    this.lastRelief = performance.now();
    if (isNearlyFull()) {
      const largest = [...this.steps.keys()].reduce((most, call) => (call.grownBytes > most.grownBytes ? call : most));
      const megabytes = this.limits().heapBytes >> 20;
      this.finish(largest, failed("", [`JavaScript execution ran out of memory (maximum memory usage: ${megabytes} MB)`, ""]));
    }
  }

  /** Ends a call; the outcome undefined: nobody wants one. */
  finish(call: Call, outcome: Outcome | undefined): void {
    if (call.ended) {
      return;
    }
    const unawaited = outcome?.failure === undefined ? call.unawaited() : [];
    const spent = { millis: call.userMillis, bytes: call.grownBytes, unawaited };
    sendDone(call.services.out, call.id, outcome ?? failed("", ["", ""]), spent, false, this.limits());
    this.steps.delete(call);
    call.end();
    this.ended(call);
  }
}

function isNearlyFull(): boolean {
  const { used_heap_size: heap, heap_size_limit: limit, external_memory: external } = getHeapStatistics();
  return heap > limit * FULL || external > MAX_BUFFERS;
}

function memory(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
