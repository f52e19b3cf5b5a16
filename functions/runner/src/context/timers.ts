import type { EventHost } from "./host.js";
import { Phase, type State, refuse } from "./phase.js";
import { NativeError, NativePromise, apply, create, defineGlobal } from "./primordials.js";

interface Timer {
  callback: (...args: unknown[]) => void;
  args: unknown[];
  /** Milliseconds, for timers that start again. */
  interval: number | undefined;
  /** The AsyncLocalStorage state in which the callback runs; -1: no storage exists. */
  snapshot: number;
}

const LONGEST = 2 ** 31 - 1;

/** Timers of actions (spec 30 §6.2): numbers from 1, whole milliseconds. */
export function defineTimers(host: EventHost, state: State): { fire(id: number): void } {
  const timers: Record<number, Timer> = create(null);
  let last = 0;

  function start(name: string, interval: boolean) {
    return (callback: unknown, delay?: unknown, ...args: unknown[]): number => {
      last += 1;
      const id = last;
      if (state.phase !== Phase.Action) {
        void NativePromise.reject(refuse(state, name));
        return id;
      }
      if (typeof callback !== "function") {
        throw new TypeError(`${name} takes a function`);
      }
      const millis = Math.min(LONGEST, Math.max(0, Math.trunc(Number(delay ?? 0)) || 0));
      if (!host.timerStart(id, millis)) {
        throw new NativeError("Too many timers are waiting");
      }
      timers[id] = {
        callback: callback as Timer["callback"],
        args,
        interval: interval ? millis : undefined,
        snapshot: host.snapshotIfAny(),
      };
      return id;
    };
  }

  function forget(id: number): void {
    const { snapshot } = timers[id]!;
    delete timers[id];
    if (snapshot >= 0) {
      host.snapshotDrop(snapshot);
    }
  }

  function clear(id: unknown): void {
    const number = Number(id);
    if (timers[number] !== undefined) {
      forget(number);
      host.timerClear(number);
    }
  }

  defineGlobal("setTimeout", start("setTimeout", false));
  defineGlobal("setInterval", start("setInterval", true));
  defineGlobal("clearTimeout", clear);
  defineGlobal("clearInterval", clear);

  return {
    fire(id) {
      const timer = timers[id];
      if (timer === undefined) {
        return;
      }
      // In a microtask: what it throws is a rejection that nobody handles.
      const run = () => {
        void NativePromise.resolve().then(() => {
          try {
            apply(timer.callback, undefined, timer.args);
          } finally {
            if (timer.interval !== undefined && timers[id] === timer && !host.timerStart(id, timer.interval)) {
              forget(id);
            }
          }
        });
      };
      if (timer.snapshot < 0) {
        run();
      } else {
        host.snapshotRun(timer.snapshot, run);
      }
      if (timer.interval === undefined) {
        forget(id);
      }
    },
  };
}
