import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";

/** A place in the user's sources; line and column count from 1, as do V8's. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** The source map of a module; null: it has none. */
export type SourceMap = TraceMap | null;

/** @param json empty if there is no map */
export function readMap(json: string): SourceMap {
  return json === "" ? null : new TraceMap(json);
}

/** Where a place of a module comes from; undefined if it is none of the user's. */
export function original(map: SourceMap, path: string, line: number, column: number): Place | undefined {
  if (map === null) {
    return { file: path, line, column };
  }
  const place = originalPositionFor(map, { line, column: Math.max(0, column - 1) });
  return place.source === null ? undefined : { file: place.source, line: place.line, column: place.column + 1 };
}

/** Index of the user's own file among the sources of a module's map. */
export function sourceIndex(map: SourceMap, path: string): number | null {
  const stem = (file: string) => file.slice(file.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  const index = map?.sources.findIndex((source) => source !== null && stem(source) === stem(path)) ?? -1;
  return index < 0 ? null : index;
}

/** What an analysis has found: a function or route. */
export interface Found {
  /** Text of its handler. */
  handler: string | null;
  position?: unknown;
}

/** Puts in the places of handlers, which are found by their text: the engine doesn't tell where a function stands. */
export function locate(all: Found[], source: string, originalOf: (line: number, column: number) => Place | undefined): void {
  const used = new Map<string, number>();
  for (const found of all) {
    const text = found.handler;
    found.handler = null;
    const at = text === null ? -1 : source.indexOf(text, used.get(text) ?? 0);
    if (at >= 0) {
      used.set(text!, at + text!.length);
      const before = source.slice(0, at);
      const place = originalOf(before.split("\n").length, at - before.lastIndexOf("\n"));
      found.position = place && { path: place.file, line: place.line - 1, column: place.column - 1 };
    }
  }
}
