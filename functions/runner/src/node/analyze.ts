import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Evaluate, evaluate } from "../context/analysis.js";
import { type Found, locate } from "../process/positions.js";
import type { Errors } from "./errors.js";

/** Lists what a loaded module registers, as JSON text (see context/analysis.ts). */
export function analyze(namespace: Record<string, unknown>, directory: string, path: string, errors: Errors): string {
  const json = evaluate({ load: () => namespace }, Evaluate.Analyze, path);
  const analysis = JSON.parse(json) as { functions: Found[]; sourceIndex?: number | null };
  const file = `${directory}/${path}`;
  const { href } = pathToFileURL(file);
  locate(analysis.functions, readFileSync(file, "utf8"), (line, column) => errors.original(href, line, column));
  analysis.sourceIndex = errors.sourceIndex(path);
  return JSON.stringify(analysis);
}
