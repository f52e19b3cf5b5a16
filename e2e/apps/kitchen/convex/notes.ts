import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const add = mutation({
  args: { owner: v.string(), text: v.string(), n: v.optional(v.number()) },
  returns: v.id("notes"),
  handler: async (ctx, { owner, text, n }) => await ctx.db.insert("notes", { owner, text, n: n ?? 0 }),
});

export const addMany = mutation({
  args: { owner: v.string(), count: v.number() },
  handler: async (ctx, { owner, count }) => {
    for (let n = 0; n < count; n++) {
      await ctx.db.insert("notes", { owner, text: `note ${n}`, n });
    }
  },
});

export const list = query({
  args: { owner: v.string() },
  handler: async (ctx, { owner }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_owner", (q) => q.eq("owner", owner))
      .collect(),
});

export const between = query({
  args: { owner: v.string(), from: v.number(), to: v.number() },
  handler: async (ctx, { owner, from, to }) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_owner", (q) => q.eq("owner", owner).gte("n", from).lt("n", to))
      .order("desc")
      .collect();
    return notes.map((note) => note.n);
  },
});

export const containing = query({
  args: { owner: v.string(), text: v.string() },
  handler: async (ctx, { owner, text }) =>
    await ctx.db
      .query("notes")
      .filter((q) => q.and(q.eq(q.field("owner"), owner), q.eq(q.field("text"), text)))
      .first(),
});

export const page = query({
  args: { owner: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { owner, paginationOpts }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_owner", (q) => q.eq("owner", owner))
      .paginate(paginationOpts),
});

export const get = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});

export const edit = mutation({
  args: { id: v.id("notes"), text: v.string() },
  handler: async (ctx, { id, text }) => await ctx.db.patch(id, { text }),
});

export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});
