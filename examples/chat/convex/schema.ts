import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export const REACTIONS = ["👍", "❤️", "😂", "🎉"] as const;

export const reaction = v.union(...REACTIONS.map((emoji) => v.literal(emoji)));

export default defineSchema({
  channels: defineTable({
    name: v.string(),
    topic: v.string(),
    messageCount: v.number(),
  }).index("by_name", ["name"]),

  messages: defineTable({
    channel: v.id("channels"),
    author: v.string(),
    body: v.string(),
  }).index("by_channel", ["channel"]),

  reactions: defineTable({
    message: v.id("messages"),
    author: v.string(),
    emoji: reaction,
  })
    .index("by_message", ["message"])
    .index("by_message_and_author", ["message", "author", "emoji"]),
});
