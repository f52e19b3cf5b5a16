import vm from "node:vm";
import { type Place, type SourceMap, original, readMap, sourceIndex } from "./positions.js";

/** Prefix of the names that module scripts have in stack frames. */
export const SCRIPT_PREFIX = "convex:/";

export interface ModuleEntry {
  hash: string;
  node: boolean;
}

export type ModuleSet = Map<string, ModuleEntry>;

interface Script {
  script: vm.Script;
  source: string;
  /** Whether the parent has no code cache that was taken after an execution. */
  harvest: boolean;
}

/** Where scripts and maps come from: the parent process. */
export interface ScriptSource {
  script(set: string, path: string): { source: string; cache: Buffer | undefined };
  /** JSON text; empty if there is none. */
  map(set: string, path: string): string;
}

const MAX_SOURCE_CHARS = 48 << 20;
const MAX_MAPS = 64;

/** The compiled scripts of this process, by hash, and the source maps that stack traces have needed. */
export class Scripts {
  private readonly sets = new Map<string, ModuleSet>();
  private readonly scripts = new Map<string, Script>();
  private readonly maps = new Map<string, SourceMap>();
  private sourceChars = 0;
  /** Scripts of which the parent wants a code cache. */
  private unharvested = 0;

  constructor(private readonly from: ScriptSource) {}

  define(set: string, modules: ModuleSet): void {
    this.sets.set(set, modules);
  }

  forget(set: string): void {
    this.sets.delete(set);
    const live = new Set([...this.sets.values()].flatMap((modules) => [...modules.values()].map((entry) => entry.hash)));
    for (const [hash, script] of this.scripts) {
      if (!live.has(hash)) {
        this.drop(hash, script);
      }
    }
    for (const hash of this.maps.keys()) {
      if (!live.has(hash)) {
        this.maps.delete(hash);
      }
    }
  }

  entry(set: string, path: string): ModuleEntry | undefined {
    return this.sets.get(set)?.get(path);
  }

  get hasHarvest(): boolean {
    return this.unharvested > 0;
  }

  /** @throws SyntaxError of this realm */
  get(set: string, path: string): Script | undefined {
    const entry = this.entry(set, path);
    if (entry === undefined) {
      return undefined;
    }
    let script = this.scripts.get(entry.hash);
    if (script === undefined) {
      const { source, cache } = this.from.script(set, path);
      const compiled = new vm.Script(source, { filename: SCRIPT_PREFIX + path, ...(cache && { cachedData: cache }) });
      script = { script: compiled, source, harvest: cache === undefined || compiled.cachedDataRejected === true };
      this.scripts.set(entry.hash, script);
      this.sourceChars += source.length;
      this.unharvested += script.harvest ? 1 : 0;
      this.shrink(entry.hash);
    }
    return script;
  }

  private shrink(keep: string): void {
    for (const [hash, script] of this.scripts) {
      if (this.sourceChars <= MAX_SOURCE_CHARS) {
        return;
      }
      if (hash !== keep) {
        this.drop(hash, script);
      }
    }
  }

  private drop(hash: string, script: Script): void {
    this.sourceChars -= script.source.length;
    this.unharvested -= script.harvest ? 1 : 0;
    this.scripts.delete(hash);
  }

  /** Code caches that hold what executions so far have compiled, about that many bytes of them. */
  harvest(most: number): Array<{ hash: string; cache: Buffer }> {
    const caches = [];
    let bytes = 0;
    for (const [hash, script] of this.scripts) {
      if (script.harvest && bytes < most) {
        script.harvest = false;
        this.unharvested -= 1;
        const cache = script.script.createCachedData();
        if (cache.length < most) {
          caches.push({ hash, cache });
          bytes += cache.length;
        }
      }
    }
    return caches;
  }

  private mapOf(set: string, path: string): SourceMap {
    const entry = this.entry(set, path);
    if (entry === undefined) {
      return null;
    }
    let map = this.maps.get(entry.hash);
    if (map === undefined) {
      map = readMap(this.from.map(set, path));
      if (this.maps.size >= MAX_MAPS) {
        this.maps.clear();
      }
      this.maps.set(entry.hash, map);
    }
    return map;
  }

  /** The place in the user's sources; undefined if it is none of theirs. */
  original(set: string, script: string, line: number, column: number): Place | undefined {
    if (!script.startsWith(SCRIPT_PREFIX)) {
      return undefined;
    }
    const path = script.slice(SCRIPT_PREFIX.length);
    return original(this.mapOf(set, path), path, line, column);
  }

  sourceIndex(set: string, path: string): number | null {
    return sourceIndex(this.mapOf(set, path), path);
  }
}
