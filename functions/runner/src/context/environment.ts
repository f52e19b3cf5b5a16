import type { Host } from "./host.js";
import { Phase, type State } from "./phase.js";
import { NativeError, create, defineGlobal } from "./primordials.js";
import { RuleError } from "./rule.js";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** `process.env`: only reading a variable by its name means anything (spec 30 §6.1). */
export function defineProcess(host: Host, state: State): { reset(): void } {
  let known: Record<string, { value: string | undefined }> = create(null);

  function read(name: string): string | undefined {
    if (state.phase === Phase.Schema) {
      throw new NativeError("Environment variables are unsupported while evaluating schema");
    }
    const entry = known[name];
    if (entry !== undefined) {
      return entry.value;
    }
    const value = host.environmentVariable(name);
    if (value === undefined && state.phase === Phase.AuthConfig) {
      throw new RuleError("AuthConfigMissingEnvironmentVariable", `Environment variable ${name} is used in auth config file but its value was not set`);
    }
    known[name] = { value };
    return value;
  }

  const env = new Proxy(create(null) as object, {
    get(_target, name) {
      if (name === "inspect") {
        return () => "[process.env]";
      }
      return typeof name === "string" && NAME.test(name) ? read(name) : undefined;
    },
    set() {
      throw new TypeError("process.env is read-only");
    },
  });
  defineGlobal("process", { env });
  return {
    reset() {
      known = create(null);
    },
  };
}
