import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Evaluate, evaluate } from "../context/analysis.js";
import { RuleError } from "../context/rule.js";
import { type Found, locate } from "../process/positions.js";
import type { Errors } from "./errors.js";

interface FoundFunction extends Found {
  name: string;
  kind: string;
}

/** Lists what a loaded module registers, as JSON text (see context/analysis.ts); only actions may be. */
export function analyze(namespace: Record<string, unknown>, directory: string, path: string, errors: Errors): string {
  const json = evaluate({ load: () => namespace }, Evaluate.Analyze, path);
  const analysis = JSON.parse(json) as { functions: FoundFunction[]; sourceIndex?: number | null };
  const other = analysis.functions.find(({ kind }) => kind !== "Action");
  if (other !== undefined) {
    throw new RuleError(
      "InvalidModules",
      `\`${other.name}\` defined in \`${path}\` is a ${other.kind} function. Only actions can be defined in modules that run in Node.js.`,
    );
  }
  const file = `${directory}/${path}`;
  const { href } = pathToFileURL(file);
  locate(analysis.functions, readFileSync(file, "utf8"), (line, column) => errors.original(href, line, column));
  analysis.sourceIndex = errors.sourceIndex(path);
  return JSON.stringify(analysis);
}
