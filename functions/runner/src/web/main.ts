/*
 * The classes of the web platform that need most code: a script of its own, which a context evaluates when one of their names is
 * first used (context/webnames.ts lists them).
 */
import type { WebClasses, WebEnvironment } from "../context/webnames.js";

export function setup(_web: WebEnvironment): WebClasses {
  return { globals: {}, jsSyscalls: {} };
}
