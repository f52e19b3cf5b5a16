import type { AsyncLocalStorage } from "node:async_hooks";
import type { NodeCall } from "./calls.js";

const DATABASE = new Set(["1.0/queryStream", "1.0/queryCleanup", "1.0/db/normalizeId"]);
const LEFTOVER =
  "Leftover state detected: an operation was started with what an earlier call of an action left behind. " +
  "Await all operations before an action returns, and keep no ctx in variables of a module.";

/** The header form of a SHA-256 that is given in hex or Base64. */
function digestOf(sha256: string | undefined): string {
  if (sha256 === undefined) {
    return "";
  }
  return `sha-256=${/^[0-9a-fA-F]{64}$/.test(sha256) ? Buffer.from(sha256, "hex").toString("base64") : sha256}`;
}

/**
 * The `Convex` global in Node (spec 30 §7.2). Which call an operation belongs to tells the asynchronous context in which it was
 * started; an operation of a call that has ended, or one that carries another call's request id, is refused.
 */
export function createConvex(calls: AsyncLocalStorage<NodeCall | undefined>, running: () => NodeCall | undefined) {
  function current(args: string | undefined): NodeCall {
    const call = calls.getStore() ?? running();
    if (call === undefined) {
      throw new Error("Cannot invoke syscall during module imports");
    }
    const foreign = args?.includes('"requestId":"') === true && !args.includes(`"requestId":${JSON.stringify(call.requestId)}`);
    if (call.ended || foreign) {
      throw new Error(LEFTOVER);
    }
    return call;
  }

  return {
    syscall(operation: string): never {
      current(undefined);
      throw new Error(
        DATABASE.has(operation)
          ? "The Convex database object is being used in an action that runs in Node.js: call a query or mutation instead"
          : `Unknown operation ${operation}`,
      );
    },

    async asyncSyscall(operation: string, args: string): Promise<string> {
      if (typeof operation !== "string" || typeof args !== "string") {
        throw new TypeError("Convex.asyncSyscall takes two strings");
      }
      return current(args).syscall(operation, args);
    },

    async jsSyscall(operation: string, args: { blob?: unknown; storageId?: string; options?: { sha256?: string } }): Promise<unknown> {
      const call = current(undefined);
      switch (operation) {
        case "storage/storeBlob": {
          if (!(args.blob instanceof Blob)) {
            throw new Error("store() expects a Blob. To store the body of a request or response, `await` its blob() first.");
          }
          return JSON.parse(await call.store(args.blob, digestOf(args.options?.sha256))) as string;
        }
        case "storage/getBlob":
          return call.open(String(args.storageId));
        default:
          throw new Error(`Unknown operation ${operation}`);
      }
    },
  };
}
