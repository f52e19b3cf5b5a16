import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    owner: v.string(),
    text: v.string(),
    n: v.number(),
  })
    .index("by_owner", ["owner", "n"])
    .index("by_n", ["n"]),
  counters: defineTable({ name: v.string(), value: v.number() }).index("by_name", ["name"]),
  events: defineTable({ name: v.string(), at: v.commitTs() }).index("by_at", ["at"]),
  anything: defineTable({ value: v.any() }),
});
