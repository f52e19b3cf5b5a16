import { anyApi, mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";
import { five as fiveFresh } from "./calls";

export const experimental_reuseContext = true;

export const five = fiveFresh;

export const one = queryGeneric({
  args: { id: v.string() },
  handler: async (ctx, { id }) => (await ctx.db.get(id as any))!.text.length,
});

/** Ten reads, each by a query of its own. */
export const nested = mutationGeneric({
  args: { id: v.string(), nonce: v.number() },
  handler: async (ctx, { id }) => {
    let length = 0;
    for (let i = 0; i < 10; i++) {
      length += await ctx.runQuery(anyApi.callsReused.one, { id });
    }
    return length;
  },
});

/** The same reads, inline. */
export const inline = mutationGeneric({
  args: { id: v.string(), nonce: v.number() },
  handler: async (ctx, { id }) => {
    let length = 0;
    for (let i = 0; i < 10; i++) {
      length += (await ctx.db.get(id as any))!.text.length;
    }
    return length;
  },
});
