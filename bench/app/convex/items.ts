import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

export const experimental_reuseContext = true;

/** The ten items from a rank on. Calls with different nonces share nothing. */
export const range = queryGeneric({
  args: { from: v.number(), nonce: v.number() },
  handler: async (ctx, { from }) =>
    await ctx.db
      .query("items")
      .withIndex("by_rank", (q: any) => q.gte("rank", from))
      .take(10),
});

/** Writes one row and an entry in each of two indexes. */
export const insert = mutationGeneric({
  args: { group: v.number(), rank: v.number(), text: v.string() },
  returns: v.null(),
  handler: async (ctx, item) => {
    await ctx.db.insert("items", item);
    return null;
  },
});

/** Creates the items of the ranks `from` to `from + count - 1`. */
export const seed = mutationGeneric({
  args: { from: v.number(), count: v.number(), text: v.string() },
  returns: v.null(),
  handler: async (ctx, { from, count, text }) => {
    for (let rank = from; rank < from + count; rank++) {
      await ctx.db.insert("items", { group: rank % 100, rank, text });
    }
    return null;
  },
});
