/*
 * The inside of a context. `setup` runs once in each new V8 context, before any user code, and returns the functions by which the
 * runner process drives it. The process calls them directly and then runs an empty script in the context, which is what drains
 * the context's microtasks; so "a turn" is: call, drain, look at `status`.
 *
 * User code shares this realm: it may replace any global and any method of a built-in's prototype. What the control functions
 * depend on is taken beforehand (primordials.ts); worse than confusing itself user code can't do, because nothing here hands out
 * an object of the process's realm (host.ts).
 */
import { evaluate } from "./analysis.js";
import { createBase } from "./base.js";
import type { Description } from "./errors.js";
import type { Host } from "./host.js";
import { createLoader } from "./loader.js";
import { Phase, type State, refuse } from "./phase.js";
import { NativeError, NativePromise, create, defineGlobal } from "./primordials.js";
import { createWork } from "./work.js";

/**
 * How the process drives a context. None of it throws, whatever user code has done; values that come back are primitives, or arrays
 * of strings made here.
 */
export interface Control {
  /** Loads the entry module in the next drain. */
  load(path: string, unixMillis: number): void;
  /** Calls an export of the loaded module in the next drain. */
  invoke(path: string, name: string, mutation: boolean, argsJson: string, unixMillis: number): void;
  evaluate(what: number, path: string, unixMillis: number): void;
  settle(request: number, json: string): void;
  fail(request: number, message: string, data: string | undefined): void;
  /** Tells what became of the last `load`, `invoke` or `evaluate`. */
  status(): number;
  result(): string;
  /** Code of the broken rule, or "". */
  failureCode(): string;
  failure(): Description;
  describe(error: unknown): Description;
  reusable(): boolean;
  /** 1: the clock was read while executing, 2: randomness was drawn. */
  observed(): number;
}

interface Invocable {
  isQuery?: unknown;
  isMutation?: unknown;
  invokeQuery(args: string): Promise<unknown>;
  invokeMutation(args: string): Promise<unknown>;
}

function checkKind(fn: Invocable | undefined, address: string, mutation: boolean): Invocable {
  if (fn?.isQuery !== true && fn?.isMutation !== true) {
    throw new NativeError(`Function ${address} is neither a query or mutation. Did you forget to wrap it in query() or mutation()?`);
  }
  if (mutation && fn.isMutation !== true) {
    throw new NativeError(`Function ${address} is registered as a query but is being run as a mutation.`);
  }
  if (!mutation && fn.isQuery !== true) {
    throw new NativeError(`Function ${address} is registered as a mutation but is being run as a query.`);
  }
  return fn;
}

/** What queries and mutations may not do is refused as upstream refuses it: the promise is rejected, timers fail the call. */
function refuseEvents(state: State): void {
  defineGlobal("fetch", () => NativePromise.reject(refuse(state, "fetch()")));
  let timers = 0;
  for (const name of ["setTimeout", "setInterval"]) {
    defineGlobal(name, () => {
      void NativePromise.reject(refuse(state, name));
      return ++timers;
    });
  }
  defineGlobal("clearTimeout", () => undefined);
  defineGlobal("clearInterval", () => undefined);
}

function unavailable(operation: string): never {
  throw new NativeError(
    operation === "storage/storeBlob" || operation === "storage/getBlob"
      ? `${operation} is only available in actions`
      : `Unknown JS syscall: ${operation}`,
  );
}

export function setup(rawHost: Host): Control {
  const { host, state, errors, requests, resetEnvironment } = createBase(rawHost, () => unavailable);
  refuseEvents(state);
  const loader = createLoader(host);
  const work = createWork(errors);
  let namespace: Record<string, unknown> = create(null);

  return {
    load(path, unixMillis) {
      state.phase = Phase.Import;
      state.now = state.timeOrigin = unixMillis;
      work.start(() => {
        namespace = loader.load(path);
        return "";
      });
    },
    invoke(path, name, mutation, argsJson, unixMillis) {
      requests.reset();
      resetEnvironment();
      state.phase = mutation ? Phase.Mutation : Phase.Query;
      state.now = unixMillis;
      state.startedMonotonic = host.monotonicMillis();
      state.observedTime = state.observedRandom = false;
      work.start(() => {
        if (!(name in namespace)) {
          throw new NativeError(`Couldn't find "${name}" in module "${path}".`);
        }
        const fn = checkKind(namespace[name] as Invocable | undefined, `${path}:${name}`, mutation);
        return mutation ? fn.invokeMutation(argsJson) : fn.invokeQuery(argsJson);
      });
    },
    evaluate(what, path, unixMillis) {
      state.phase = ([Phase.Import, Phase.Schema, Phase.AuthConfig, Phase.Definition] as const)[what] ?? Phase.Import;
      state.now = state.timeOrigin = unixMillis;
      work.start(() => evaluate(loader, what, path));
    },
    settle: requests.settle,
    fail: requests.fail,
    status: work.status,
    result: work.result,
    failureCode: work.failureCode,
    failure: work.failure,
    describe: errors.describe,
    reusable: () => {
      try {
        return namespace["experimental_reuseContext"] === true;
      } catch {
        return false;
      }
    },
    observed: () => (state.observedTime ? 1 : 0) + (state.observedRandom ? 2 : 0),
  };
}
