import { createStructuredClone } from "./clone.js";
import { createConsole } from "./console.js";
import { type JsSyscalls, type Requests, defineConvex } from "./convex.js";
import { type DOMExceptionClass, createDOMException } from "./domexception.js";
import { defineProcess } from "./environment.js";
import { type Errors, defineErrors } from "./errors.js";
import { type EventClasses, createEventClasses } from "./events.js";
import { type Host, guard } from "./host.js";
import { Phase, type State } from "./phase.js";
import { NativePromise, create, defineGlobal, defineLazyGlobal, defineProperty, freeze } from "./primordials.js";
import { defineRandom } from "./random.js";
import { createAsyncClasses } from "./storage.js";
import { type TextClasses, createBase64, createTextClasses } from "./text.js";
import { defineTime } from "./time.js";
import { type UrlClasses, createUrlClasses } from "./url.js";
import { type WebEnvironment, defineWebClasses, webClasses } from "./webnames.js";

/** What every context gets, whatever runs in it. */
export interface Base<H extends Host> {
  host: H;
  state: State;
  errors: Errors;
  requests: Requests;
  web: WebEnvironment;
  /** Forgets what an earlier call has read. */
  resetEnvironment(): void;
}

interface Shared {
  exception(): DOMExceptionClass;
  events(): EventClasses;
  urls(): UrlClasses;
  texts(): TextClasses;
}

function guarded<H extends Host>(host: H): H {
  const safe = create(null) as Record<string, unknown>;
  const { probe } = host;
  for (const name of Object.keys(host) as Array<keyof Host>) {
    safe[name] = guard(host[name] as (...args: unknown[]) => unknown, probe);
  }
  return freeze(safe) as unknown as H;
}

function defineWeb(host: Host, state: State, subtle: () => unknown): Shared {
  let domException: DOMExceptionClass | undefined;
  const exception = () => (domException ??= createDOMException());
  defineLazyGlobal("DOMException", exception);
  defineRandom(host, state, exception, subtle);

  const lazily = <T extends object>(make: () => T, names: Array<keyof T & string>) => {
    let made: T | undefined;
    const get = () => (made ??= make());
    for (const name of names) {
      defineLazyGlobal(name, () => get()[name]);
    }
    return get;
  };
  const urls = lazily(() => createUrlClasses(host), ["URL", "URLSearchParams"]);
  const texts = lazily(() => createTextClasses(host), ["TextEncoder", "TextDecoder"]);
  lazily(() => createBase64(host, exception), ["atob", "btoa"]);
  const events = lazily(() => createEventClasses(exception), ["Event", "EventTarget", "AbortController", "AbortSignal"]);
  lazily(() => createAsyncClasses(host), ["AsyncLocalStorage", "AsyncResource"]);
  defineLazyGlobal("structuredClone", () => createStructuredClone(host, exception));

  defineGlobal("queueMicrotask", (callback: () => void) => {
    if (typeof callback !== "function") {
      throw new TypeError("queueMicrotask takes a function");
    }
    void NativePromise.resolve().then(() => callback());
  });
  defineGlobal("self", globalThis);
  return { exception, events, urls, texts };
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

export function createBase<H extends Host>(rawHost: H, jsSyscalls: (web: WebEnvironment) => JsSyscalls): Base<H> {
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
  const requests = defineConvex(host, state, (operation, args) => jsSyscalls(web)(operation, args));
  defineGlobal("console", createConsole(host, errors));
  defineTime(host, state);
  const shared = defineWeb(host, state, () => webClasses(web).subtle);
  const web: WebEnvironment = { host, state, ...shared, answer: requests.answer };
  defineWebClasses(web);
  return { host, state, errors, requests, web, resetEnvironment: environment.reset };
}
