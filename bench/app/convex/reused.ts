import { mutationGeneric } from "convex/server";
import { ConvexError, v } from "convex/values";

export const experimental_reuseContext = true;

/** Moves `amount` between two accounts that it finds by their number. */
export const transfer = mutationGeneric({
  args: { from: v.number(), to: v.number(), amount: v.number() },
  returns: v.null(),
  handler: async (ctx, { from, to, amount }) => {
    const source = await ctx.db
      .query("accounts")
      .withIndex("by_number", (q: any) => q.eq("number", from))
      .unique();
    const target = await ctx.db
      .query("accounts")
      .withIndex("by_number", (q: any) => q.eq("number", to))
      .unique();
    if (source === null || target === null) {
      throw new ConvexError("no such account");
    }
    if (source.balance < amount) {
      throw new ConvexError("overdraft");
    }
    await ctx.db.patch(source._id, { balance: source.balance - amount });
    await ctx.db.patch(target._id, { balance: target.balance + amount });
    return null;
  },
});
