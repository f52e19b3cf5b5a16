import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

/** Writes an event at the time of its own commit. */
export const record = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const id = await ctx.db.insert("events", { name, at: ctx.db.vars.commitTs });
    const own = await ctx.db.get(id);
    return { at: ctx.db.vars.commitTs, pending: own!.at === ctx.db.vars.commitTs };
  },
});

/** The events after a time, as one that follows them would ask. */
export const since = query({
  args: { at: v.int64() },
  handler: async (ctx, { at }) =>
    await ctx.db
      .query("events")
      .withIndex("by_at", (q) => q.gt("at", at))
      .collect(),
});

/** What there is in the virtual tables. */
export const system = query({
  args: {},
  handler: async (ctx) => ({
    files: await ctx.db.system.query("_storage").collect(),
    scheduled: await ctx.db.system.query("_scheduled_functions").order("desc").take(5),
    fileId: ctx.db.system.normalizeId("_storage", "no id"),
  }),
});
