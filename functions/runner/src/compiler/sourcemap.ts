import { type SourceMapMappings, decode, encode } from "@jridgewell/sourcemap-codec";
import type { Edits } from "./edits.js";

interface SourceMap {
  version: number;
  sources: Array<string | null>;
  mappings: string;
  [key: string]: unknown;
}

/** Moves the columns of a map, made for the source before the edits, to where they are after them. */
export function shiftMap(json: string, edits: Edits): string | undefined {
  let map: SourceMap;
  try {
    map = JSON.parse(json) as SourceMap;
  } catch {
    return undefined;
  }
  if (typeof map !== "object" || map === null || typeof map.mappings !== "string" || !Array.isArray(map.sources)) {
    return undefined;
  }
  const mappings: SourceMapMappings = decode(map.mappings);
  for (const [line, shifts] of edits.shifts()) {
    let next = 0;
    let added = 0;
    for (const segment of mappings[line] ?? []) {
      while (next < shifts.length && shifts[next]!.column <= segment[0]) {
        added += shifts[next]!.added;
        next += 1;
      }
      segment[0] = Math.max(0, segment[0] + added);
    }
  }
  return JSON.stringify({ ...map, mappings: encode(mappings) });
}
