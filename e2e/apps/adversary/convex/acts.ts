import { v } from "convex/values";
import { api } from "./_generated/api";
import { action } from "./_generated/server";

declare const Convex: any;
const attack = (handler: (ctx: any, args: any) => any) => action({ args: v.any(), handler });
const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

export const sleeps = attack((_ctx, { millis }) => sleep(millis).then(() => "slept"));
export const loop = attack(() => {
  for (;;);
});
export const loopLater = attack(async () => {
  await sleep(20);
  for (;;);
});
export const fills = attack(() => {
  const kept = [];
  for (;;) kept.push(new Array(1000).fill(1));
});
export const fillsSlowly = attack(async () => {
  const kept = [];
  for (;;) {
    for (let i = 0; i < 200; i++) kept.push(new Array(10_000).fill(i));
    await sleep(1);
  }
});
export const buffers = attack(() => {
  const kept = [];
  for (;;) kept.push(new Uint8Array(16 << 20).fill(1));
});
export const recursion = attack(() => {
  const f = (): number => f() + 1;
  return f();
});
export const never = attack(() => new Promise(() => {}));
export const self = attack((ctx): any => ctx.runAction(api.acts.self, {}));
export const timers = attack(() => {
  for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e6);
  return 1;
});
export const unhandled = attack(async () => {
  setTimeout(() => {
    throw new Error("in a timer");
  }, 5);
  await sleep(1000);
});
export const largeResult = attack(() => "x".repeat(17 << 20));
export const hugeResult = attack(() => "x".repeat(100 << 20));
export const manyLines = attack(() => {
  for (let i = 0; i < 1e5; i++) console.log(i);
  return 1;
});
export const files = attack(() => fetch("file:///etc/passwd").then((response) => response.text()));
export const imports = attack(() => import("node:" + "fs").then(() => "reached", (error) => error.name));
export const variables = attack(() => [process.env.SECRET_OF_THE_SERVER, process.env.PATH].map((value) => value ?? null));
export const escapes = attack(async (ctx) => {
  const escaped = (value: any): string => {
    try {
      return String(value.constructor.constructor("return typeof process.pid + typeof require")());
    } catch (error: any) {
      return error.name;
    }
  };
  const found: any[] = [globalThis, fetch, Headers, setTimeout, Convex.asyncSyscall];
  await fetch("http://127.0.0.1:1/").catch((error) => found.push(error));
  await ctx.runQuery("no:such").catch((error: any) => found.push(error));
  await new Promise((resolve) => setTimeout(resolve, 1)).then(function (this: any) {
    found.push(this ?? {});
  });
  const controller = new AbortController();
  const aborted = fetch("http://127.0.0.1:1/", { signal: controller.signal }).catch((error) => found.push(error));
  controller.abort();
  await aborted;
  found.push(await crypto.subtle.digest("SHA-1", new Uint8Array(1)), new ReadableStream(), new Response("x"));
  return [...new Set(found.map(escaped))];
});
export const otherCall = attack(() =>
  Convex.asyncSyscall("1.0/getUserIdentity", JSON.stringify({ requestId: "another call's", version: "1.48.0" })),
);
export const unknownOperation = attack(() => Convex.asyncSyscall("1.0/insert", JSON.stringify({ table: "marks", value: { name: "never" } })));
let calls = 0;
export const state = attack(() => ++calls);
