import { v } from "convex/values";
import { api } from "./_generated/api";
import { mutation, query } from "./_generated/server";

const mark = (ctx: any, name: string, text?: string) => ctx.db.insert("marks", { name, text });

export const marks = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("marks").collect()).map(({ name }) => name),
});
export const writesAndLoops = mutation({
  args: {},
  handler: async (ctx) => {
    await mark(ctx, "writesAndLoops");
    for (;;);
  },
});
export const writesAndFills = mutation({
  args: {},
  handler: async (ctx) => {
    await mark(ctx, "writesAndFills");
    const kept = [];
    for (;;) kept.push(new Array(1000).fill(1));
  },
});
export const hugeText = mutation({ args: {}, handler: (ctx) => mark(ctx, "hugeText", "x".repeat(60 << 20)) });
export const manyWrites = mutation({
  args: {},
  handler: async (ctx) => {
    for (let i = 0; i < 20_000; i++) await mark(ctx, "manyWrites");
  },
});
export const fails = mutation({
  args: {},
  handler: async (ctx) => {
    await mark(ctx, "inner");
    throw new Error("inner");
  },
});
export const catches = mutation({
  args: {},
  handler: async (ctx) => {
    await mark(ctx, "outer");
    await ctx.runMutation(api.mutations.fails, {}).catch(() => {});
    return "went on";
  },
});
export const take = mutation({ args: { value: v.any() }, handler: async (_ctx, { value }) => String(value).length });
