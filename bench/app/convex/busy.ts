import { queryGeneric } from "convex/server";
import { v } from "convex/values";

export const experimental_reuseContext = true;

/** Computes for a while. Calls with different nonces share nothing. */
export const compute = queryGeneric({
  args: { nonce: v.number(), steps: v.number() },
  returns: v.number(),
  handler: async (_, { nonce, steps }) => {
    let sum = nonce;
    for (let i = 0; i < steps; i++) {
      sum += Math.sqrt(i);
    }
    return sum;
  },
});
