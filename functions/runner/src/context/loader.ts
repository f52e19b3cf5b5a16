import type { Host, ModuleFunction } from "./host.js";
import { NativeError, create, defineProperty, keys } from "./primordials.js";

interface LoadedModule {
  namespace: object;
  state: "evaluating" | "evaluated" | "failed";
  error: unknown;
}

export interface Loader {
  load(path: string): Record<string, unknown>;
}

const SPECIFIER_PREFIX = "convex:/";
/** A path with nothing to resolve, as bundlers write most of them when what they mean is in the same folder. */
const PLAIN = /^(?:[^./][^/]*\/)*[^./][^/]*\.js$/;

/** The canonical path that a specifier means inside the module `referrer` (spec 30 §3.4); undefined if it is bare. */
export function resolve(specifier: string, referrer: string): string | undefined {
  let path: string;
  if (specifier.startsWith(SPECIFIER_PREFIX)) {
    path = specifier.slice(SPECIFIER_PREFIX.length);
  } else if (specifier.startsWith("/")) {
    path = specifier.slice(1);
  } else if (specifier.startsWith("./") || specifier.startsWith("../")) {
    path = referrer.slice(0, referrer.lastIndexOf("/") + 1) + (specifier.startsWith("./") ? specifier.slice(2) : specifier);
  } else {
    return undefined;
  }
  if (PLAIN.test(path)) {
    return path;
  }
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") {
      parts.pop();
    } else if (part !== "." && part !== "") {
      parts.push(part);
    }
  }
  const joined = parts.join("/");
  return joined.endsWith(".js") ? joined : `${joined}.js`;
}

/**
 * Evaluates modules that were compiled to functions. A module's exports are getters on its namespace, defined before its body
 * runs, so that cycles see what they would see with native modules.
 */
export function createLoader(host: Host, fetchModule?: (path: string) => Promise<unknown>): Loader {
  const modules: Record<string, LoadedModule> = create(null);

  function notRelative(specifier: string, referrer: string): Error {
    return new NativeError(
      `Couldn't import "${specifier}" from "${referrer}": relative import path not prefixed with / or ./ or ../`,
    );
  }

  /** `import()`: the modules that it needs are brought here first, as evaluation itself can't wait. */
  async function importLater(specifier: string, referrer: string): Promise<object> {
    if (fetchModule === undefined) {
      throw new TypeError("dynamic module import unsupported");
    }
    const target = resolve(specifier, referrer);
    if (target === undefined) {
      throw notRelative(specifier, referrer);
    }
    await fetchModule(target);
    return evaluate(target, undefined).namespace;
  }

  function evaluate(path: string, importedFrom: string | undefined): LoadedModule {
    const known = modules[path];
    if (known !== undefined) {
      if (known.state === "failed") {
        throw known.error;
      }
      return known;
    }
    const wrapper = host.instantiate(path);
    if (typeof wrapper === "string") {
      if (wrapper !== "") {
        throw new SyntaxError(wrapper);
      }
      throw new NativeError(
        importedFrom === undefined
          ? `Couldn't find JavaScript module '${path}'.`
          : `Couldn't find JavaScript module '${path}', imported from '${importedFrom}'.`,
      );
    }
    const namespace: object = create(null);
    defineProperty(namespace, Symbol.toStringTag, { value: "Module" });
    const module: LoadedModule = { namespace, state: "evaluating", error: undefined };
    modules[path] = module;
    try {
      run(wrapper, path, namespace);
    } catch (error) {
      module.state = "failed";
      module.error = error;
      throw error;
    }
    module.state = "evaluated";
    return module;
  }

  function run(wrapper: ModuleFunction, path: string, namespace: object): void {
    wrapper(
      (specifier) => {
        const target = resolve(specifier, path);
        if (target === undefined) {
          throw notRelative(specifier, path);
        }
        return evaluate(target, path).namespace;
      },
      (exports) => {
        for (const name of keys(exports).sort()) {
          defineProperty(namespace, name, { get: exports[name]!, enumerable: true });
        }
      },
      (other) => {
        for (const name of keys(other)) {
          if (name !== "default" && !(name in namespace)) {
            defineProperty(namespace, name, { get: () => (other as Record<string, unknown>)[name], enumerable: true });
          }
        }
      },
      async (specifier) => importLater(String(specifier), path),
      () => {
        throw new TypeError("import.meta unsupported");
      },
    );
  }

  return { load: (path) => evaluate(path, undefined).namespace as Record<string, unknown> };
}
