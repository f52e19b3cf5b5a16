import { paginationOptsValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";
import type { QueryCtx } from "./_generated/server";
import type { Doc, Id } from "./_generated/dataModel";
import { REACTIONS, reaction } from "./schema";

const MAX_LENGTH = 2000;

/** One page of a channel, newest message first, each with its reactions counted. */
export const page = query({
  args: { channel: v.id("channels"), paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .order("desc")
      .paginate(args.paginationOpts);
    return {
      ...messages,
      page: await Promise.all(messages.page.map((message) => withReactions(ctx, message))),
    };
  },
});

/** Appends a message to a channel. */
export const send = mutation({
  args: { channel: v.id("channels"), author: v.string(), body: v.string() },
  returns: v.id("messages"),
  handler: async (ctx, args) => {
    const body = args.body.trim();
    if (body === "") {
      throw new ConvexError("A message needs some text.");
    }
    if (body.length > MAX_LENGTH) {
      throw new ConvexError(`A message has at most ${MAX_LENGTH} characters.`);
    }
    const channel = await ctx.db.get(args.channel);
    if (channel === null) {
      throw new ConvexError("This channel is gone.");
    }
    await ctx.db.patch(channel._id, { messageCount: channel.messageCount + 1 });
    return await ctx.db.insert("messages", { channel: channel._id, author: args.author, body });
  },
});

/** Sets the author's reaction to a message, or takes it back when it is there already. */
export const react = mutation({
  args: { message: v.id("messages"), author: v.string(), emoji: reaction },
  returns: v.null(),
  handler: async (ctx, args) => {
    const given = await ctx.db
      .query("reactions")
      .withIndex("by_message_and_author", (q) =>
        q.eq("message", args.message).eq("author", args.author).eq("emoji", args.emoji),
      )
      .unique();
    if (given === null) {
      await ctx.db.insert("reactions", args);
    } else {
      await ctx.db.delete(given._id);
    }
    return null;
  },
});

async function withReactions(ctx: QueryCtx, message: Doc<"messages">) {
  return { ...message, reactions: await reactionsOf(ctx, message._id) };
}

async function reactionsOf(ctx: QueryCtx, message: Id<"messages">) {
  const given = await ctx.db
    .query("reactions")
    .withIndex("by_message", (q) => q.eq("message", message))
    .collect();
  return REACTIONS.flatMap((emoji) => {
    const authors = given.filter((one) => one.emoji === emoji).map((one) => one.author);
    return authors.length === 0 ? [] : [{ emoji, authors }];
  });
}
