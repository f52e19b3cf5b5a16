import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  accounts: defineTable({ number: v.number(), balance: v.number() }).index("by_number", ["number"]),
  items: defineTable({ group: v.number(), rank: v.number(), text: v.string() })
    .index("by_rank", ["rank"])
    .index("by_group", ["group", "rank"]),
  posts: defineTable({ channel: v.number(), body: v.string() }).index("by_channel", ["channel"]),
});
