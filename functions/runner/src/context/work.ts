import type { Description, Errors } from "./errors.js";
import { NativeError } from "./primordials.js";
import { RuleError } from "./rule.js";

export const Status = { Pending: 0, Fulfilled: 1, Rejected: 2 } as const;

/** The one thing that a context is asked to do at a time, and what became of it. */
export interface Work {
  /** Starts it inside a microtask, so that scripts evaluated on the way don't drain the queue themselves. */
  start(work: () => unknown): void;
  status(): number;
  result(): string;
  /** Code of the broken rule, or "". */
  failureCode(): string;
  failure(): Description;
}

export function createWork(errors: Errors): Work {
  let status: number = Status.Pending;
  let result = "";
  let failure: unknown;

  function brokenRule(): RuleError | undefined {
    try {
      return failure instanceof RuleError ? failure : undefined;
    } catch {
      return undefined; // a proxy that doesn't tell what it is
    }
  }

  return {
    start(work) {
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
    },
    status: () => status,
    result: () => result,
    failureCode: () => brokenRule()?.code ?? "",
    failure: () => {
      const rule = brokenRule();
      return rule === undefined ? errors.describe(failure) : [rule.message, ""];
    },
  };
}
