// What those do who mean no harm.
import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

const who = { who: v.string() };

export const value = query({
  args: who,
  handler: async (ctx, { who }) =>
    (await ctx.db.query("counters").withIndex("by_who", (q) => q.eq("who", who)).unique())?.value ?? 0,
});

export const bump = mutation({
  args: who,
  handler: async (ctx, { who }) => {
    const counter = await ctx.db.query("counters").withIndex("by_who", (q) => q.eq("who", who)).unique();
    if (counter === null) {
      await ctx.db.insert("counters", { who, value: 1 });
      return 1;
    }
    await ctx.db.patch(counter._id, { value: counter.value + 1 });
    return counter.value + 1;
  },
});

export const bumpLater = action({
  args: who,
  handler: async (ctx, { who }): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return await ctx.runMutation(api.innocent.bump, { who });
  },
});

/** Whether the context is as the language made it. */
export const clean = query({
  args: {},
  handler: async () => [
    typeof (globalThis as any).leak,
    ({} as any).polluted === undefined,
    [1].map((n) => n + 1)[0],
    await Promise.resolve(1).then((n) => n + 1),
    typeof Convex.syscall,
  ],
});

declare const Convex: { syscall: unknown };
