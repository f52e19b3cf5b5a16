import { Console } from "node:console";
import { Writable } from "node:stream";
import { inspect } from "node:util";

/** Numbers of the runner protocol. */
const LEVELS = { debug: 0, error: 1, info: 2, log: 3, warn: 4 } as const;
const OPTIONS = { maxStringLength: 32768 };

/**
 * A console whose lines go to `write`; what has no level (trace, dir, table, …) goes nowhere (spec 30 §7.2).
 */
export function createConsole(write: (level: number, parts: string[]) => void): Console {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const console = new Console(nowhere);
  for (const [name, method] of Object.entries(console)) {
    if (typeof method === "function" && name !== "Console") {
      (console as unknown as Record<string, () => void>)[name] = () => undefined;
    }
  }
  for (const [name, level] of Object.entries(LEVELS)) {
    console[name as keyof typeof LEVELS] = (...args: unknown[]) =>
      write(
        level,
        args.map((arg) => {
          try {
            return inspect(arg, OPTIONS);
          } catch {
            return "[uninspectable]";
          }
        }),
      );
  }
  return console;
}
