import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Contexts that may lie about before they are collected; more when a collection takes long, so that it costs each about the same. */
const MIN_CONTEXTS = 32;
const CONTEXTS_PER_MILLISECOND = 6;

setFlagsFromString("--expose-gc");
/** A collection of the whole heap. */
export const collectGarbage = runInNewContext("gc") as () => void;
setFlagsFromString("--no-expose-gc"); // not for contexts of users

let closed = 0;
let due = MIN_CONTEXTS;

/** Says that a context won't run again. */
export function contextClosed(): void {
  closed += 1;
}

/**
 * Collects closed contexts when they have become many; for moments when nothing runs. A context begins its life among the old
 * objects and keeps alive what was made in it, so the engine's collections of young objects copy what is dead already, again and
 * again, until the heap has grown enough for a full one. A full one early on costs less, and the process stays small.
 */
export function collectIfDue(): void {
  if (closed >= due) {
    const start = performance.now();
    collectGarbage();
    closed = 0;
    due = Math.max(MIN_CONTEXTS, Math.round((performance.now() - start) * CONTEXTS_PER_MILLISECOND));
  }
}
