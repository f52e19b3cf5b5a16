import { v } from "convex/values";
import { api } from "./_generated/api";
import { query } from "./_generated/server";

declare const Convex: any;
const attack = (handler: (ctx: any, args: any) => any) => query({ args: v.any(), handler });

// Memory.
export const hugeArray = attack(() => new Array(1e9).fill(1).length);
export const objects = attack(() => {
  const kept = [];
  for (;;) kept.push({ a: [1], b: {} });
});
export const map = attack(() => {
  const kept = new Map();
  for (let i = 0; ; i++) kept.set(i, { i });
});
export const closures = attack(() => {
  const kept = [];
  for (;;) {
    const scope = new Array(1000);
    kept.push(() => scope);
  }
});
export const buffers = attack(() => {
  const kept = [];
  for (;;) kept.push(new Uint8Array(4 << 20).fill(1));
});
export const hugeBuffer = attack(() => new ArrayBuffer(1e9).byteLength);
export const rope = attack(() => {
  let text = "x";
  for (;;) text += text;
});

// Time.
export const loop = attack(() => {
  for (;;);
});
export const regex = attack(() => /^(a+)+$/.test("a".repeat(40) + "b"));
export const stringify = attack(() => JSON.stringify({ toJSON: () => { for (;;); } }));
export const resultGetter = attack(() => ({ get a() { for (;;); } }));
export const microtasks = attack(async () => {
  for (;;) await null;
});
export const swallow = attack(() => {
  for (;;) {
    try {
      for (;;);
    } catch {
      continue;
    } finally {
      for (;;);
    }
  }
});
export const sort = attack(() => [3, 2, 1].sort(() => { for (;;); }));

// The stack, and promises.
export const recursion = attack(() => {
  const f = (): number => f() + 1;
  return f();
});
export const pending = attack(async () => {
  await Promise.all(Array.from({ length: 1e6 }, () => new Promise(() => {})));
});
export const never = attack(() => new Promise(() => {}));
export const millionReads = attack((ctx) => {
  for (let i = 0; i < 1e6; i++) void ctx.db.query("marks").first();
  return 1;
});
export const late = attack(() => {
  void Promise.reject(new Error("late"));
  return 1;
});

// Large and odd results, logs.
export const largeResult = attack(() => "x".repeat(17 << 20));
export const hugeResult = attack(() => "x".repeat(100 << 20));
export const cyclic = attack(() => {
  const a: any[] = [];
  a[0] = a;
  return a;
});
export const aFunction = attack(() => () => 1);
export const aDate = attack(() => new Date(0));
export const surrogate = attack(() => "\ud800");
export const dollar = attack(() => ({ $field: 1 }));
export const rawResult = attack(() => 1);
(rawResult as any).invokeQuery = async () => "{]";
export const manyLines = attack(() => {
  for (let i = 0; i < 1e5; i++) console.log(i);
  return 1;
});
export const longLine = attack(() => {
  console.log("x".repeat(1e7));
  return 1;
});

// What is left behind.
let calls = 0;
export const state = attack(() => ++calls);
export const pollute = attack(() => {
  (globalThis as any).leak = 1;
  (Object.prototype as any).polluted = 1;
  Array.prototype.map = () => [];
  (Promise.prototype as any).then = () => {
    throw new Error("then");
  };
  Convex.syscall = undefined;
  return 1;
});

// Ways out of the realm.
const escaped = (value: any): string => {
  try {
    return String(value.constructor.constructor("return typeof process.pid + typeof require")());
  } catch (error: any) {
    return error.name;
  }
};
export const ofGlobals = attack(() => [globalThis, console, URL, process, setTimeout, Convex, Convex.syscall].map(escaped));
export const ofErrors = attack(async (ctx) => {
  const found: any[] = [];
  try {
    Convex.syscall("1.0/unknown", "{}");
  } catch (error) {
    found.push(error);
  }
  await Convex.asyncSyscall("1.0/unknown", "{}").catch((error: any) => found.push(error));
  await ctx.db.get("rubbish").catch((error: any) => found.push(error));
  try {
    new URL("::");
  } catch (error) {
    found.push(error);
  }
  return found.map(escaped);
});
export const ofFrames = attack(() => {
  const sites: any[] = [];
  (Error as any).prepareStackTrace = (_: unknown, callSites: any[]) => {
    sites.push(...callSites);
    return "";
  };
  void new Error().stack;
  return sites.flatMap((site) => [site, site.getThis(), site.getFunction()]).filter(Boolean).map(escaped);
});
export const ofStackEnd = attack(() => {
  const errors: any[] = [];
  const dig = (): number => {
    try {
      return dig();
    } catch (error) {
      errors.push(error);
    }
    if (errors.length < 20) {
      try {
        Convex.syscall("1.0/unknown", "{}");
      } catch (error) {
        errors.push(error);
      }
    }
    return 0;
  };
  dig();
  return [...new Set(errors.map(escaped))];
});
export const nodeModules = attack(() => [
  typeof (globalThis as any).require,
  typeof (process as any).binding,
  typeof (globalThis as any).Buffer,
  typeof (globalThis as any).WebSocket,
]);
export const imports = attack(() => import("node:" + "fs").then(() => "reached", (error) => error.name));
export const variables = attack(() => [process.env.SECRET_OF_THE_SERVER, process.env.PATH, process.env.HOME].map((value) => value ?? null));
export const network = attack(() => fetch("http://127.0.0.1:1"));
export const timer = attack(() => {
  setTimeout(() => {}, 1);
  return 1;
});
export const file = attack(() => fetch("file:///etc/passwd"));

// Others' data.
export const write = attack(() => Convex.asyncSyscall("1.0/insert", JSON.stringify({ table: "marks", value: { name: "never" } })));
export const foreignQuery = attack(() => Convex.asyncSyscall("1.0/queryStreamNext", JSON.stringify({ queryId: 99 })));
export const forgedCursor = attack((ctx) => ctx.db.query("marks").paginate({ numItems: 1, cursor: "forged" }));
export const systemTable = attack((ctx) => ctx.db.query("_modules").collect());
export const privateTable = attack((ctx) => ctx.db.system.query("_environment_variables").collect());

// Calls in calls.
export const self = attack((ctx): any => ctx.runQuery(api.queries.self, {}));
export const childLoops = attack(async (ctx) => {
  try {
    await ctx.runQuery(api.queries.loop, {});
  } catch {
    return "caught";
  }
});
