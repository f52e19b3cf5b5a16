import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

/** Creates the accounts `from` to `from + count - 1`. */
export const seed = mutationGeneric({
  args: { from: v.number(), count: v.number(), balance: v.number() },
  returns: v.null(),
  handler: async (ctx, { from, count, balance }) => {
    for (let number = from; number < from + count; number++) {
      await ctx.db.insert("accounts", { number, balance });
    }
    return null;
  },
});

/** The number of accounts in a range of numbers and the sum of their balances. */
export const total = queryGeneric({
  args: { from: v.number(), count: v.number() },
  handler: async (ctx, { from, count }) => {
    const accounts = await ctx.db
      .query("accounts")
      .withIndex("by_number", (q: any) => q.gte("number", from).lt("number", from + count))
      .collect();
    return {
      count: accounts.length,
      sum: accounts.reduce((sum: number, account: any) => sum + account.balance, 0),
    };
  },
});
