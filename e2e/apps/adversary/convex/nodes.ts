"use node";
import { spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import { v } from "convex/values";
import { action } from "./_generated/server";

const attack = (handler: (ctx: any, args: any) => any) => action({ args: v.any(), handler });
const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

export const works = attack(() => "works");
export const exits = attack(() => process.exit(0));
export const throwsLater = attack(async () => {
  setTimeout(() => {
    throw new Error("in a timer");
  }, 5);
  await sleep(5000);
});
export const rejectsLater = attack(async () => {
  void sleep(5).then(() => Promise.reject(new Error("not awaited")));
  await sleep(5000);
});
export const aborts = attack(() => process.abort());
export const loops = attack(() => {
  for (;;);
});
export const fills = attack(() => {
  const kept = [];
  for (;;) kept.push(new Array(1e6).fill({}));
});
export const garbage = attack(async () => {
  for (let descriptor = 1; descriptor < 30; descriptor++) {
    try {
      writeSync(descriptor, "\xff\xff\xff\x7fgarbage".repeat(100));
    } catch {
      // not open, or not for writing
    }
  }
  await sleep(100);
  return "wrote";
});
export const closes = attack(async () => {
  for (let descriptor = 0; descriptor < 30; descriptor++) {
    try {
      closeSync(descriptor);
    } catch {
      // not open
    }
  }
  await sleep(100);
  return "closed";
});
export const spawns = attack(() => {
  spawn("sleep", ["301"], { detached: true, stdio: "ignore" });
  process.exit(1);
});
export const variables = attack(() => Object.values(process.env).join(" ").includes("kept from functions"));
