import type { Errors } from "./errors.js";
import type { Host } from "./host.js";
import { create, defineProperty } from "./primordials.js";

/** The bundler's: evaluates the module when it is first called, as few calls print anything. */
declare function require(module: "object-inspect"): typeof import("object-inspect");

/** Numbers of the runner protocol. */
const Level = { DEBUG: 0, ERROR: 1, INFO: 2, LOG: 3, WARN: 4 } as const;
const OPTIONS = { maxStringLength: 32768, indent: 2, customInspect: true } as const;

/** The `console` of spec 30 §10. */
export function createConsole(host: Host, errors: Errors): object {
  const timers: Record<string, number> = create(null);

  function text(value: unknown): string {
    try {
      return require("object-inspect")(value, OPTIONS);
    } catch {
      return "[uninspectable]";
    }
  }

  function write(level: number, args: unknown[]): void {
    for (let i = 0; i < args.length; i++) {
      host.logPart(text(args[i]));
    }
    host.logEnd(level);
  }

  function line(level: number, message: string): void {
    host.logPart(message);
    host.logEnd(level);
  }

  function elapsed(label: string): string | undefined {
    const start = timers[label];
    return start === undefined ? undefined : `${label}: ${host.wallMillis() - start}ms`;
  }

  const console = {
    debug: (...args: unknown[]) => write(Level.DEBUG, args),
    error: (...args: unknown[]) => write(Level.ERROR, args),
    info: (...args: unknown[]) => write(Level.INFO, args),
    log: (...args: unknown[]) => write(Level.LOG, args),
    warn: (...args: unknown[]) => write(Level.WARN, args),
    trace: (...args: unknown[]) => {
      for (let i = 0; i < args.length; i++) {
        host.logPart(text(args[i]));
      }
      host.logPart(errors.currentStack());
      host.logEnd(Level.LOG);
    },
    time: (name: unknown = "default") => {
      const label = String(name);
      if (timers[label] !== undefined) {
        line(Level.WARN, `Timer '${label}' already exists`);
      } else {
        timers[label] = host.wallMillis();
      }
    },
    timeLog: (name: unknown = "default", ...args: unknown[]) => {
      const label = String(name);
      const message = elapsed(label);
      if (message === undefined) {
        line(Level.WARN, `Timer '${label}' does not exist`);
        return;
      }
      host.logPart(message);
      write(Level.INFO, args);
    },
    timeEnd: (name: unknown = "default") => {
      const label = String(name);
      const message = elapsed(label);
      line(message === undefined ? Level.WARN : Level.INFO, message ?? `Timer '${label}' does not exist`);
      delete timers[label];
    },
  };
  defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
  return console;
}
