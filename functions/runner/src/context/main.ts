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
import { createStructuredClone } from "./clone.js";
import { createConsole } from "./console.js";
import { defineConvex } from "./convex.js";
import { type DOMExceptionClass, createDOMException } from "./domexception.js";
import { defineProcess } from "./environment.js";
import { type Description, defineErrors } from "./errors.js";
import { createEventClasses } from "./events.js";
import { type Host, guard } from "./host.js";
import { createLoader } from "./loader.js";
import { inertImport } from "./inert.js";
import { Phase, type State, refuse } from "./phase.js";
import { NativeError, NativePromise, create, defineGlobal, defineLazyGlobal, defineProperty, freeze } from "./primordials.js";
import { defineRandom } from "./random.js";
import { RuleError } from "./rule.js";
import { createAsyncClasses } from "./storage.js";
import { createBase64, createTextClasses } from "./text.js";
import { defineTime } from "./time.js";
import { createUrlClasses } from "./url.js";

export const Status = { Pending: 0, Fulfilled: 1, Rejected: 2 } as const;

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

function guarded(host: Host): Host {
  const safe = create(null) as Record<string, unknown>;
  const { probe } = host;
  for (const name of Object.keys(host) as Array<keyof Host>) {
    safe[name] = guard(host[name] as (...args: unknown[]) => unknown, probe);
  }
  return freeze(safe) as unknown as Host;
}

function defineWeb(host: Host, state: State): void {
  let domException: DOMExceptionClass | undefined;
  const exception = () => (domException ??= createDOMException());
  defineLazyGlobal("DOMException", exception);
  defineRandom(host, state, exception);

  const lazily = <T extends object>(make: () => T, names: Array<keyof T & string>) => {
    let made: T | undefined;
    for (const name of names) {
      defineLazyGlobal(name, () => (made ??= make())[name]);
    }
  };
  lazily(() => createUrlClasses(host), ["URL", "URLSearchParams"]);
  lazily(() => createTextClasses(host), ["TextEncoder", "TextDecoder"]);
  lazily(() => createBase64(host, exception), ["atob", "btoa"]);
  lazily(() => createEventClasses(exception), ["Event", "EventTarget", "AbortController", "AbortSignal"]);
  lazily(() => createAsyncClasses(host), ["AsyncLocalStorage", "AsyncResource"]);
  defineLazyGlobal("structuredClone", () => createStructuredClone(exception));

  defineGlobal("queueMicrotask", (callback: () => void) => {
    if (typeof callback !== "function") {
      throw new TypeError("queueMicrotask takes a function");
    }
    void NativePromise.resolve().then(() => callback());
  });
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
  defineGlobal("self", globalThis);
}

/** Garbage collection must not be observable, nor may user code block the process or wait for its event loop. */
function defineDeterminism(): void {
  class WeakRef {
    readonly #target: object;
    constructor(target: object) {
      if ((typeof target !== "object" && typeof target !== "function") || target === null) {
        throw new TypeError("WeakRef: target must be an object");
      }
      this.#target = target;
    }
    deref(): object {
      return this.#target;
    }
    get [Symbol.toStringTag](): string {
      return "WeakRef";
    }
  }
  class FinalizationRegistry {
    constructor(cleanup: unknown) {
      if (typeof cleanup !== "function") {
        throw new TypeError("FinalizationRegistry: cleanup must be callable");
      }
    }
    register(): void {}
    unregister(): boolean {
      return false;
    }
    get [Symbol.toStringTag](): string {
      return "FinalizationRegistry";
    }
  }
  defineGlobal("WeakRef", WeakRef);
  defineGlobal("FinalizationRegistry", FinalizationRegistry);
  defineProperty(Atomics, "wait", {
    value: () => {
      throw new TypeError("Atomics.wait cannot be called in this context");
    },
    configurable: true,
    writable: true,
  });
  delete (Atomics as { waitAsync?: unknown }).waitAsync;
  delete (globalThis as { ShadowRealm?: unknown }).ShadowRealm;
  defineWebAssembly();
}

interface WebAssemblyGlobal {
  Module: new (bytes: unknown) => object;
  Instance: new (module: object, imports?: object) => object;
}

/** Compilation on other threads would end outside of any turn, so the promise forms compile at once. */
function defineWebAssembly(): void {
  const wasm = (globalThis as { WebAssembly?: WebAssemblyGlobal }).WebAssembly;
  if (wasm === undefined) {
    return;
  }
  const { Module, Instance } = wasm;
  const functions = {
    compile: async (bytes: unknown) => new Module(bytes),
    instantiate: async (source: unknown, imports?: object) => {
      if (source instanceof Module) {
        return new Instance(source, imports);
      }
      const module = new Module(source);
      return { module, instance: new Instance(module, imports) };
    },
  };
  for (const name of Object.keys(functions) as Array<keyof typeof functions>) {
    defineProperty(wasm, name, { value: functions[name], writable: true, configurable: true });
  }
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

export function setup(rawHost: Host, nodeModule: boolean): Control {
  const host = guarded(rawHost);
  const state: State = {
    phase: Phase.Import,
    now: 0,
    timeOrigin: 0,
    startedMonotonic: 0,
    observedTime: false,
    observedRandom: false,
  };
  const errors = defineErrors(host);
  defineDeterminism();
  const environment = defineProcess(host, state);
  const syscalls = defineConvex(host, state, defineGlobal);
  defineGlobal("console", createConsole(host, errors));
  defineTime(host, state);
  defineWeb(host, state);
  const loader = createLoader(host, nodeModule ? inertImport : undefined);

  let status: number = Status.Pending;
  let result = "";
  let failure: unknown;
  let namespace: Record<string, unknown> = create(null);

  /** Starts work inside a microtask, so that scripts evaluated on the way don't drain the queue themselves. */
  function start(work: () => unknown): void {
    status = Status.Pending;
    void (async () => {
      try {
        await undefined;
        const value = await work();
        if (typeof value !== "string") {
          throw new NativeError("Functions must return the string that the convex library makes of their result");
        }
        result = value;
        status = Status.Fulfilled;
      } catch (error) {
        failure = error;
        status = Status.Rejected;
      }
    })();
  }

  function brokenRule(): RuleError | undefined {
    try {
      return failure instanceof RuleError ? failure : undefined;
    } catch {
      return undefined; // a proxy that doesn't tell what it is
    }
  }

  return {
    load(path, unixMillis) {
      state.phase = Phase.Import;
      state.now = state.timeOrigin = unixMillis;
      start(() => {
        namespace = loader.load(path);
        return "";
      });
    },
    invoke(path, name, mutation, argsJson, unixMillis) {
      syscalls.reset();
      environment.reset();
      state.phase = mutation ? Phase.Mutation : Phase.Query;
      state.now = unixMillis;
      state.startedMonotonic = host.monotonicMillis();
      state.observedTime = state.observedRandom = false;
      start(() => {
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
      start(() => evaluate(loader, what, path));
    },
    settle: syscalls.settle,
    fail: syscalls.fail,
    status: () => status,
    result: () => result,
    failureCode: () => brokenRule()?.code ?? "",
    failure: () => {
      const rule = brokenRule();
      return rule === undefined ? errors.describe(failure) : [rule.message, ""];
    },
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
