import type { Host } from "./host.js";
import { isExecuting, refuseHost, type State } from "./phase.js";
import { NativeError, NativePromise, create, defineGlobal, jsonParse } from "./primordials.js";

interface Pending {
  resolve(json: string): void;
  reject(error: Error): void;
}

/** The part of the host interface that is JavaScript, with live values (spec 30 §2.5). */
export type JsSyscalls = (operation: string, args: unknown) => unknown;

/** What a context has asked its process for and has no answer to yet. */
export interface Requests {
  /** The answer to a request of the host: its number, the answer itself, or undefined for what `errorMessage` tells. */
  answer(request: number | string | undefined): Promise<string>;
  settle(request: number, json: string): void;
  fail(request: number, message: string, data: string | undefined): void;
  reset(): void;
}

function hostError(message: string, data: string | undefined): Error {
  const error = new NativeError(message);
  if (data !== undefined) {
    (error as Error & { data?: unknown }).data = jsonParse(data);
  }
  return error;
}

/** The `Convex` global (spec 30 §1). Numbers of requests are the process's; none is used twice while it is pending. */
export function defineConvex(host: Host, state: State, jsSyscall: JsSyscalls): Requests {
  let pending: Record<number, Pending> = create(null);

  function describe(operation: string): string {
    return operation === "1.0/runUdf" || operation === "1.0/schedule" ? "function calls" : "database";
  }

  function settleLater(answer: number | string | undefined, resolve: (json: string) => void, reject: (error: Error) => void): void {
    if (typeof answer === "string") {
      resolve(answer);
    } else if (answer === undefined) {
      reject(hostError(host.errorMessage(), host.errorData()));
    } else {
      pending[answer] = { resolve, reject };
    }
  }

  const Convex = {
    syscall(operation: string, argsJson: string): string {
      if (typeof operation !== "string" || typeof argsJson !== "string") {
        throw new TypeError("Convex.syscall takes two strings");
      }
      if (!isExecuting(state)) {
        throw refuseHost(state, describe(operation));
      }
      const json = host.syscall(operation, argsJson);
      if (json === undefined) {
        throw hostError(host.errorMessage(), host.errorData());
      }
      return json;
    },

    asyncSyscall(operation: string, argsJson: string): Promise<string> {
      return new NativePromise((resolve, reject) => {
        if (typeof operation !== "string" || typeof argsJson !== "string") {
          throw new TypeError("Convex.asyncSyscall takes two strings");
        }
        if (!isExecuting(state)) {
          throw refuseHost(state, describe(operation));
        }
        settleLater(host.asyncSyscall(operation, argsJson), resolve, reject);
      });
    },

    jsSyscall: (operation: string, args: unknown) => jsSyscall(operation, args),
  };
  defineGlobal("Convex", Convex);

  function take(request: number): Pending {
    const entry = pending[request]!;
    delete pending[request];
    return entry;
  }

  return {
    answer: (request) => new NativePromise((resolve, reject) => settleLater(request, resolve, reject)),
    settle: (request, json) => take(request).resolve(json),
    fail: (request, message, data) => take(request).reject(hostError(message, data)),
    reset: () => {
      pending = create(null);
    },
  };
}
