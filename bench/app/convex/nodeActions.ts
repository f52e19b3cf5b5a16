"use node";
import { actionGeneric } from "convex/server";
import { v } from "convex/values";

export const noop = actionGeneric({ args: {}, returns: v.null(), handler: async () => null });
