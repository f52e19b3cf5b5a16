import type { Host } from "./host.js";
import { isExecuting, refuseHost, type State } from "./phase.js";
import { NativeError, NativePromise, create, jsonParse } from "./primordials.js";

interface Pending {
  resolve(json: string): void;
  reject(error: Error): void;
}

export interface Syscalls {
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

/** The `Convex` global (spec 30 §1). Requests of one turn are numbered from 0 upwards; all are settled before user code runs on. */
export function defineConvex(host: Host, state: State, define: (name: string, value: unknown) => void): Syscalls {
  let pending: Record<number, Pending> = create(null);

  function describe(operation: string): string {
    return operation === "1.0/runUdf" || operation === "1.0/schedule" ? "function calls" : "database";
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
        const answer = host.asyncSyscall(operation, argsJson);
        if (typeof answer === "string") {
          resolve(answer);
        } else {
          pending[answer] = { resolve, reject };
        }
      });
    },

    jsSyscall(operation: string): never {
      throw new NativeError(
        operation === "storage/storeBlob" || operation === "storage/getBlob"
          ? `${operation} is only available in actions`
          : `Unknown JS syscall: ${operation}`,
      );
    },
  };
  define("Convex", Convex);

  function take(request: number): Pending {
    const entry = pending[request]!;
    delete pending[request];
    return entry;
  }

  return {
    settle: (request, json) => take(request).resolve(json),
    fail: (request, message, data) => take(request).reject(hostError(message, data)),
    reset: () => {
      pending = create(null);
    },
  };
}
