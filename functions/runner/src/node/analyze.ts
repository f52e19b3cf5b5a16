import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Evaluate, evaluate } from "../context/analysis.js";
import { RuleError } from "../context/rule.js";
import type { Errors } from "./errors.js";

interface Found {
  name: string;
  kind: string;
  handler: string | null;
  position?: unknown;
}

/** Lists what a loaded module registers, as JSON text (see context/analysis.ts); only actions may be. */
export function analyze(namespace: Record<string, unknown>, directory: string, path: string, errors: Errors): string {
  const json = evaluate({ load: () => namespace }, Evaluate.Analyze, path);
  const analysis = JSON.parse(json) as { functions: Found[]; sourceIndex?: number | null };
  const source = readFileSync(`${directory}/${path}`, "utf8");
  const used = new Map<string, number>();
  for (const found of analysis.functions) {
    if (found.kind !== "Action") {
      throw new RuleError(
        "InvalidModules",
        `\`${found.name}\` defined in \`${path}\` is a ${found.kind} function. Only actions can be defined in modules that run in Node.js.`,
      );
    }
    // The engine doesn't tell where a function stands, so handlers are found by their text.
    const text = found.handler;
    found.handler = null;
    const at = text === null ? -1 : source.indexOf(text, used.get(text) ?? 0);
    if (at >= 0) {
      used.set(text!, at + text!.length);
      const before = source.slice(0, at);
      const line = before.split("\n").length;
      const place = errors.original(pathToFileURL(`${directory}/${path}`).href, line, at - before.lastIndexOf("\n"));
      found.position = place && { path: place.file, line: place.line - 1, column: place.column - 1 };
    }
  }
  analysis.sourceIndex = errors.sourceIndex(path);
  return JSON.stringify(analysis);
}
