import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { trimLibrary } from "../context/frames.js";
import { type Place, type SourceMap, original, readMap, sourceIndex } from "../process/positions.js";

const SHOWN_FILE = "bundledFunctions.js";
const FRAME = /^(?:(.*) \()?(?:async )?(file:\/\/[^()]*|\/[^()]*|[^():]+):(\d+):(\d+)\)?$/;

/** Errors of modules in a directory: what users see of their stacks, and what is told of errors that leave an action. */
export class Errors {
  private readonly prefix: string;
  private readonly maps = new Map<string, SourceMap>();
  private readonly sites = new WeakMap<object, string[]>();

  constructor(private readonly directory: string) {
    this.prefix = `${pathToFileURL(directory).href}/`;
    Error.prepareStackTrace = (error, sites) => this.format(error, sites);
  }

  /** The stack as Node prints it, without the names of the server's files. */
  private format(error: Error, sites: NodeJS.CallSite[]): string {
    const frames = sites.map(String);
    this.sites.set(error, frames);
    const lines = frames.map((frame) => `\n    at ${this.collapse(frame)}`);
    let head: string;
    try {
      head = String(error);
    } catch {
      head = "Error";
    }
    return head + lines.join("");
  }

  private collapse(frame: string): string {
    const at = frame.indexOf(this.prefix);
    if (at < 0) {
      return frame;
    }
    const place = frame.indexOf(":", at + this.prefix.length);
    return frame.slice(0, at) + SHOWN_FILE + (place < 0 ? "" : frame.slice(place));
  }

  private mapOf(file: string): SourceMap {
    let map = this.maps.get(file);
    if (map === undefined) {
      try {
        map = readMap(readFileSync(`${file}.map`, "utf8"));
      } catch {
        map = null;
      }
      this.maps.set(file, map);
    }
    return map;
  }

  /** The place in the user's sources; undefined if it is none of theirs. */
  original(url: string, line: number, column: number): Place | undefined {
    if (!url.startsWith(this.prefix) || url.includes("/node_modules/")) {
      return undefined;
    }
    return original(this.mapOf(fileURLToPath(url)), url.slice(this.prefix.length), line, column);
  }

  sourceIndex(path: string): number | null {
    return sourceIndex(this.mapOf(`${this.directory}/${path}`), path);
  }

  private frames(error: object): string[] {
    void (error as Error).stack;
    const lines = this.sites.get(error) ?? [];
    const frames: string[] = [];
    for (const line of lines) {
      const match = FRAME.exec(line);
      const place = match === null ? undefined : this.original(match[2]!, Number(match[3]), Number(match[4]));
      if (place !== undefined) {
        frames.push(`${match![1] || "<anonymous>"} (${place.file}:${place.line}:${place.column})`);
      }
    }
    return trimLibrary(frames);
  }

  /**
   * Message, data (JSON) or "", then the frames.
   *
   * @param event what brought the error, if it wasn't thrown by the action itself
   */
  describe(error: unknown, event?: string): string[] {
    try {
      if (!(error instanceof Error)) {
        return [`Uncaught ${event === undefined ? "" : `${event}: `}${String(error)}`, ""];
      }
      const name = event ?? (error.name === undefined ? "Error" : String(error.name));
      const message = String(error.message ?? "");
      const text = `Uncaught ${name}${message === "" ? "" : `: ${message}`}`;
      return [text, dataOf(error), ...this.frames(error)];
    } catch {
      return ["Uncaught", ""];
    }
  }
}

/** The data of a `ConvexError`, which the library has already turned into JSON text. */
function dataOf(error: Error & { ConvexErrorSymbol?: unknown; data?: unknown }): string {
  const marker = error.ConvexErrorSymbol;
  const marked = typeof marker === "symbol" && (error as unknown as Record<symbol, unknown>)[marker] === true;
  return marked && typeof error.data === "string" ? error.data : "";
}
