import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

/** Creates one item and returns its id. */
export const create = mutationGeneric({
  args: {},
  returns: v.string(),
  handler: async (ctx) => await ctx.db.insert("items", { group: 0, rank: -1, text: "x".repeat(300) }),
});

/** Five host calls, one after another. Calls with different nonces share nothing. */
export const five = queryGeneric({
  args: { id: v.string(), nonce: v.number() },
  handler: async (ctx, { id }) => {
    let length = 0;
    for (let i = 0; i < 5; i++) {
      length += (await ctx.db.get(id as any))!.text.length;
    }
    return length;
  },
});
