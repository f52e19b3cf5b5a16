import { ConvexError, v } from "convex/values";
import { internalMutation, internalQuery, mutation, query } from "./_generated/server";
import type { MutationCtx } from "./_generated/server";

export const get = query({
  args: { name: v.string() },
  returns: v.number(),
  handler: async (ctx, { name }) => {
    const counter = await ctx.db
      .query("counters")
      .withIndex("by_name", (q) => q.eq("name", name))
      .unique();
    return counter?.value ?? 0;
  },
});

export const increment = mutation({
  args: { name: v.string(), by: v.optional(v.number()) },
  returns: v.number(),
  handler: async (ctx, { name, by }) => await add(ctx, name, by ?? 1),
});

/** Writes, then fails: nothing of it may stay. */
export const incrementAndFail = mutation({
  args: { name: v.string(), data: v.optional(v.any()) },
  handler: async (ctx, { name, data }) => {
    await add(ctx, name, 1);
    throw data === undefined ? new Error("on purpose") : new ConvexError(data);
  },
});

export const hidden = internalQuery({
  args: {},
  handler: async () => "for administrators",
});

export const reset = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    for await (const counter of ctx.db
      .query("counters")
      .withIndex("by_name", (q) => q.eq("name", name))) {
      await ctx.db.delete(counter._id);
    }
  },
});

async function add(ctx: MutationCtx, name: string, by: number) {
  const counter = await ctx.db
    .query("counters")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
  if (counter === null) {
    await ctx.db.insert("counters", { name, value: by });
    return by;
  }
  await ctx.db.patch(counter._id, { value: counter.value + by });
  return counter.value + by;
}
