import { actionGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

/** Waits and returns. */
export const sleep = actionGeneric({
  args: { millis: v.number() },
  returns: v.number(),
  handler: async (_, { millis }) => {
    await new Promise((resolve) => setTimeout(resolve, millis));
    return millis;
  },
});

export const noop = actionGeneric({ args: {}, returns: v.null(), handler: async () => null });

/** Something small to ask for beside actions. Calls with different nonces share nothing. */
export const answer = queryGeneric({
  args: { nonce: v.number() },
  returns: v.number(),
  handler: async (_, { nonce }) => nonce,
});
