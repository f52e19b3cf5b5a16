import { trimLibrary } from "./frames.js";
import type { Host } from "./host.js";
import { NativeError, apply, defineProperty, jsonParse, objectToString } from "./primordials.js";

interface CallSite {
  getFileName(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  getFunctionName(): string | null;
  getTypeName(): string | null;
  getMethodName(): string | null;
  isNative(): boolean;
  isToplevel(): boolean;
  isConstructor(): boolean;
  isAsync(): boolean;
  isPromiseAll(): boolean;
  getPromiseIndex(): number | null;
}

/** Classes of the web platform that contexts don't have yet: their absence must be told from a user's mistake. */
const NOT_YET = new Set(["Crypto", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure"]);

/** How an error is told to the parent: message, data (JSON) or "", then the frames. */
export type Description = string[];

export interface Errors {
  describe(error: unknown): Description;
  /** Frames of the present call stack, one a line. */
  currentStack(): string;
}

/** `Type.method [as alias]` and the like, as V8 prints frames. */
function frameFunction(site: CallSite): string {
  if (site.isPromiseAll()) {
    return `async Promise.all (index ${site.getPromiseIndex()})`;
  }
  const name = site.getFunctionName();
  let text: string;
  if (site.isConstructor()) {
    text = `new ${name || "<anonymous>"}`;
  } else if (!site.isToplevel() && !site.isAsync() && site.getTypeName()) {
    const type = site.getTypeName()!;
    const method = site.getMethodName();
    text = name ? (name.startsWith(type) ? name : `${type}.${name}`) : `${type}.${method || "<anonymous>"}`;
    if (name && method && method !== name && !name.endsWith(`.${method}`) && !name.endsWith(` ${method}`)) {
      text += ` [as ${method}]`;
    }
  } else {
    text = name || "<anonymous>";
  }
  return site.isAsync() ? `async ${text}` : text;
}

export function defineErrors(host: Host): Errors {
  const framesOf = new WeakMap<object, string[]>();
  const { get: getFrames, set: setFrames } = WeakMap.prototype;

  function mapFrames(sites: CallSite[]): string[] {
    const frames: string[] = [];
    for (let i = 0; i < sites.length; i++) {
      const site = sites[i]!;
      if (site.isPromiseAll()) {
        frames.push(frameFunction(site));
        continue;
      }
      const file = site.getFileName();
      const place = file === null ? "" : host.mapFrame(file, site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0);
      if (place !== "") {
        frames.push(`${frameFunction(site)} (${place})`);
      }
    }
    return trimLibrary(frames);
  }

  function format(error: unknown, sites: CallSite[]): string {
    const frames = mapFrames(sites);
    if (typeof error === "object" && error !== null) {
      apply(setFrames, framesOf, [error, frames]);
    }
    let text = "";
    for (let i = 0; i < frames.length; i++) {
      text += `${i === 0 ? "" : "\n"}    at ${frames[i]}`;
    }
    return text;
  }

  defineProperty(NativeError, "prepareStackTrace", { value: format, writable: true, configurable: true, enumerable: false });

  function notAnError(value: unknown): string {
    if (typeof value === "object" && value !== null) {
      const name = (value as object).constructor?.name;
      return `Uncaught #<${typeof name === "string" && name !== "" ? name : "Object"}>`;
    }
    return `Uncaught ${typeof value === "function" ? apply(objectToString, value, []) : String(value)}`;
  }

  function messageOf(error: Error): string {
    const name = error.name === undefined ? "Error" : String(error.name);
    const message = error.message === undefined ? "" : String(error.message);
    if (name === "ReferenceError") {
      const missing = /^(\w+) is not defined$/.exec(message);
      if (missing !== null && NOT_YET.has(missing[1]!)) {
        return `Uncaught ${name}: ${message} (${missing[1]} is not available yet in Freshet)`;
      }
    }
    if (name === "" && message === "") {
      return "Uncaught";
    }
    return name === "" ? `Uncaught ${message}` : message === "" ? `Uncaught ${name}` : `Uncaught ${name}: ${message}`;
  }

  /** The data of a `ConvexError`, which the library has already turned into JSON text. */
  function dataOf(error: Error & { ConvexErrorSymbol?: unknown; data?: unknown }): string {
    const marker = error.ConvexErrorSymbol;
    if (typeof marker !== "symbol" || (error as unknown as Record<symbol, unknown>)[marker] !== true) {
      return "";
    }
    const data = error.data;
    if (typeof data !== "string") {
      return "";
    }
    jsonParse(data);
    return data;
  }

  function describeError(error: Error): Description {
    const message = messageOf(error);
    let data = "";
    try {
      data = dataOf(error);
    } catch (problem) {
      return [`ConvexError with invalid data: ${messageOf(problem as Error)}`, ""];
    }
    void error.stack;
    const frames = apply(getFrames, framesOf, [error]) as string[] | undefined;
    return frames === undefined ? [message, data] : [message, data, ...frames];
  }

  return {
    describe(error) {
      try {
        return host.isError(error) || error instanceof NativeError ? describeError(error as Error) : [notAnError(error), ""];
      } catch {
        return ["Uncaught", ""];
      }
    },
    currentStack() {
      const holder = { stack: "" };
      NativeError.captureStackTrace(holder);
      return String(holder.stack);
    },
  };
}

declare global {
  interface ErrorConstructor {
    captureStackTrace(target: object): void;
  }
}
