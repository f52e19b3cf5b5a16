/*
 * The compiler process: reads requests and writes answers, both as `u32 length (little endian), JSON`. Runs no user code. Ends when
 * its input ends.
 */
import { readSync, writeSync } from "node:fs";
import { shiftMap } from "./sourcemap.js";
import { TopLevelAwait, transform } from "./transform.js";

interface Source {
  path: string;
  source: string;
  sourceMap: string | null;
}

type Result = { script: string; sourceMap: string | null } | { error: string; line: number; column: number };

function compile({ source, sourceMap }: Source): Result {
  try {
    const edits = transform(source);
    return { script: edits.text(), sourceMap: sourceMap === null ? null : (shiftMap(sourceMap, edits) ?? null) };
  } catch (error) {
    const { loc } = error as { loc?: { line: number; column: number } };
    if (loc !== undefined) {
      return { error: `SyntaxError: ${(error as Error).message}`, line: loc.line, column: loc.column + 1 };
    }
    if (error instanceof TopLevelAwait) {
      // Fails when it is loaded: modules that only ever run in Node may do this.
      return { script: `(function() {throw new Error(${JSON.stringify(error.message)});})`, sourceMap: null };
    }
    throw error;
  }
}

function read(size: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; ) {
    let count = 0;
    try {
      count = readSync(0, buffer, at, size - at, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EOF") {
        throw error;
      }
    }
    if (count === 0) {
      return undefined;
    }
    at += count;
  }
  return buffer;
}

function write(buffer: Buffer): void {
  for (let at = 0; at < buffer.length; ) {
    at += writeSync(1, buffer, at, buffer.length - at);
  }
}

for (;;) {
  const header = read(4);
  const body = header && read(header.readUInt32LE(0));
  if (body === undefined) {
    break;
  }
  const sources = JSON.parse(body.toString("utf8")) as Source[];
  const answer = Buffer.from(JSON.stringify(sources.map(compile)), "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(answer.length, 0);
  write(length);
  write(answer);
}
