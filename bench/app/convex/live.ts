import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

export const experimental_reuseContext = true;

/** What was posted last in a channel. */
export const latest = queryGeneric({
  args: { channel: v.number() },
  handler: async (ctx, { channel }) => {
    const post = await ctx.db
      .query("posts")
      .withIndex("by_channel", (q: any) => q.eq("channel", channel))
      .order("desc")
      .first();
    return post?.body ?? null;
  },
});

/** Posts in each of the channels `channel` to `channel + count - 1`. */
export const post = mutationGeneric({
  args: { channel: v.number(), count: v.number(), body: v.string() },
  returns: v.null(),
  handler: async (ctx, { channel, count, body }) => {
    for (let i = 0; i < count; i++) {
      await ctx.db.insert("posts", { channel: channel + i, body });
    }
    return null;
  },
});
