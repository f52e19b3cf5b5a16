import { ConvexError, v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";
import type { MutationCtx } from "./_generated/server";

const NAME = /^[a-z0-9][a-z0-9-]{0,23}$/;

const channel = v.object({
  _id: v.id("channels"),
  _creationTime: v.number(),
  name: v.string(),
  topic: v.string(),
  messageCount: v.number(),
});

/** All channels in alphabetical order. */
export const list = query({
  args: {},
  returns: v.array(channel),
  handler: async (ctx) => await ctx.db.query("channels").withIndex("by_name").take(100),
});

/** Opens a channel; its name must be new. */
export const create = mutation({
  args: { name: v.string(), topic: v.optional(v.string()) },
  returns: v.id("channels"),
  handler: async (ctx, args) => {
    const name = args.name.trim().replace(/^#/, "").toLowerCase();
    if (!NAME.test(name)) {
      throw new ConvexError({ kind: "BadChannelName", name });
    }
    if ((await byName(ctx, name)) !== null) {
      throw new ConvexError({ kind: "ChannelExists", name });
    }
    return await ctx.db.insert("channels", {
      name,
      topic: args.topic?.trim() ?? "",
      messageCount: 0,
    });
  },
});

/** Gives a new deployment something to look at; does nothing when there are channels already. */
export const seed = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    if ((await ctx.db.query("channels").first()) !== null) {
      return null;
    }
    const welcome = [
      ["Ada", "Welcome! Open this page in a second tab and write something."],
      ["Grace", "What you send there appears here at once. No reload, no polling."],
      ["Ada", "Reactions too: every browser that shows this message sees the count change."],
    ] as const;
    const general = await ctx.db.insert("channels", {
      name: "general",
      topic: "Everything and anything",
      messageCount: welcome.length,
    });
    await ctx.db.insert("channels", { name: "random", topic: "The rest", messageCount: 0 });
    for (const [author, body] of welcome) {
      await ctx.db.insert("messages", { channel: general, author, body });
    }
    return null;
  },
});

async function byName(ctx: MutationCtx, name: string) {
  return await ctx.db
    .query("channels")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
}
