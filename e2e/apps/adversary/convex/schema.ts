import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  counters: defineTable({ who: v.string(), value: v.number() }).index("by_who", ["who"]),
  marks: defineTable({ name: v.string(), text: v.optional(v.string()) }).index("by_name", ["name"]),
});
