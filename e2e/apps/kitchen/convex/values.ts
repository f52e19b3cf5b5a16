import { ConvexError, v } from "convex/values";
import { action, mutation, query } from "./_generated/server";

export const echo = query({
  args: { value: v.any() },
  handler: async (_ctx, { value }) => value,
});

export const store = mutation({
  args: { value: v.any() },
  returns: v.id("anything"),
  handler: async (ctx, { value }) => await ctx.db.insert("anything", { value }),
});

export const load = query({
  args: { id: v.id("anything") },
  handler: async (ctx, { id }) => (await ctx.db.get(id))?.value,
});

export const failPlainly = query({
  args: {},
  handler: async () => {
    throw new Error("a plain failure");
  },
});

export const failWith = query({
  args: { data: v.any() },
  handler: async (_ctx, { data }) => {
    throw new ConvexError(data);
  },
});

export const nothing = query({ args: {}, handler: async () => {} });

export const wrongReturn = query({
  args: {},
  returns: v.number(),
  handler: async () => "not a number" as unknown as number,
});

export const large = query({
  args: { pieces: v.number(), text: v.string(), times: v.number() },
  handler: async (_ctx, { pieces, text, times }) =>
    Array.from({ length: pieces }, () => text.repeat(times)),
});

export const talk = query({
  args: {},
  handler: async () => {
    console.debug("debug", 1);
    console.log("log", { a: [1, 2n] });
    console.info("info", null);
    console.warn("warn", undefined);
    console.error("error", "x");
    return "said";
  },
});

export const chance = query({
  args: { nonce: v.optional(v.number()) },
  handler: async () => [Math.random(), Math.random(), Date.now(), Date.now()],
});

export const setting = query({
  args: {},
  handler: async () => process.env.KITCHEN_SETTING ?? null,
});

export const later = action({ args: {}, handler: async () => "done" });
