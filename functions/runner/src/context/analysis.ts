import type { Loader } from "./loader.js";
import { apply, functionToString, jsonParse, jsonStringify, keys } from "./primordials.js";
import { RuleError } from "./rule.js";

/** What is asked of a module at push; numbers of the runner protocol. */
export const Evaluate = { Analyze: 0, Schema: 1, AuthConfig: 2, Definition: 3 } as const;

interface Registered {
  isQuery?: unknown;
  isMutation?: unknown;
  isAction?: unknown;
  isPublic?: unknown;
  isInternal?: unknown;
  exportArgs?: unknown;
  exportReturns?: unknown;
  _handler?: unknown;
}

interface FoundFunction {
  name: string;
  kind: string;
  visibility: string | null;
  args: string | null;
  returns: string | null;
  /** Source text of the handler, by which the parent finds its place. */
  handler: string | null;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

function sourceOf(value: unknown): string | null {
  return typeof value === "function" ? (apply(functionToString, value, []) as string) : null;
}

function exported(fn: Registered, property: "exportArgs" | "exportReturns", path: string): string | null {
  const get = fn[property];
  if (get === undefined) {
    return null;
  }
  if (typeof get !== "function") {
    throw new RuleError("InvalidModules", `${path}.${property} is not a function or \`undefined\`.`);
  }
  const json: unknown = get.call(fn);
  if (typeof json !== "string") {
    throw new RuleError("InvalidModules", `Invalid ${property} return value: ${path}.${property}() didn't return a string.`);
  }
  try {
    jsonParse(json);
  } catch (problem) {
    throw new RuleError("InvalidModules", `Invalid JSON returned from ${path}.${property}(): ${(problem as Error).message}`);
  }
  return json;
}

function analyzeFunction(path: string, name: string, value: unknown): FoundFunction | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) {
    return undefined;
  }
  const kinds = ["Query", "Mutation", "Action"].filter((kind) => `is${kind}` in value);
  const fn = value as Registered;
  const isPublic = "isPublic" in value;
  const isInternal = "isInternal" in value;
  if (kinds.length !== 1 || (isPublic && isInternal)) {
    return undefined;
  }
  if (!IDENTIFIER.test(name) || name.length > 64) {
    throw new RuleError(
      "InvalidFunctionName",
      `Invalid function name: "${name}" in ${path}. Function names are made of letters, digits and underscores.`,
    );
  }
  const address = `${path}:${name}`;
  return {
    name,
    kind: kinds[0]!,
    visibility: isPublic ? "public" : isInternal ? "internal" : null,
    args: exported(fn, "exportArgs", address),
    returns: exported(fn, "exportReturns", address),
    handler: sourceOf(fn._handler) ?? sourceOf(value),
  };
}

function analyzeRoutes(namespace: Record<string, unknown>): unknown[] {
  const router = namespace["default"] as { isRouter?: unknown; getRoutes?: unknown } | undefined;
  if (router === undefined || router === null) {
    throw new RuleError("InvalidModules", "`convex/http.js` must have a default export of a Router.");
  }
  if (!("isRouter" in Object(router)) || typeof router.getRoutes !== "function") {
    throw new RuleError("InvalidModules", "The default export of `convex/http.js` is not a Router.");
  }
  const routes: unknown = router.getRoutes();
  const wrong = () =>
    new RuleError("InvalidModules", "The `getRoutes()` method of Router did not return the expected type: an array of [path, method, handler].");
  if (!Array.isArray(routes)) {
    throw wrong();
  }
  return routes.map((route: unknown) => {
    if (!Array.isArray(route) || typeof route[0] !== "string" || !METHODS.includes(String(route[1]))) {
      throw wrong();
    }
    const handler = route[2] as Registered | undefined;
    return { path: route[0], method: String(route[1]), handler: sourceOf(handler?._handler) ?? sourceOf(handler) };
  });
}

function analyzeCrons(namespace: Record<string, unknown>): unknown[] {
  const crons = namespace["default"] as { isCrons?: unknown; export?: unknown } | undefined;
  if (crons === undefined || crons === null || !("isCrons" in Object(crons)) || typeof crons.export !== "function") {
    throw new RuleError("InvalidModules", "`convex/crons.js` must have a default export of cron jobs.");
  }
  const specs = jsonParse(String(crons.export())) as Record<string, { name: string; args: unknown; schedule: unknown }>;
  return keys(specs).map((identifier) => {
    const spec = specs[identifier]!;
    return { identifier, name: spec.name, args: jsonStringify(spec.args ?? [{}]), schedule: spec.schedule };
  });
}

function analyze(loader: Loader, path: string): string {
  const namespace = loader.load(path);
  const functions: FoundFunction[] = [];
  for (const name of keys(namespace)) {
    const found = analyzeFunction(path, name, namespace[name]);
    if (found !== undefined) {
      functions.push(found);
    }
  }
  return jsonStringify({
    functions,
    httpRoutes: path === "http.js" ? analyzeRoutes(namespace) : null,
    cronSpecs: path === "crons.js" ? analyzeCrons(namespace) : null,
    reuseContext: namespace["experimental_reuseContext"] === true,
  });
}

function evaluateSchema(loader: Loader, path: string): string {
  const schema = loader.load(path)["default"] as { export?: unknown } | undefined;
  if (schema === undefined || schema === null) {
    throw new RuleError("MissingSchemaExportError", `The schema file must have a default export of a schema.`);
  }
  if (typeof schema.export !== "function") {
    throw new RuleError("InvalidSchemaExport", "The default export of the schema file isn't a schema made by defineSchema.");
  }
  const json: unknown = schema.export();
  if (typeof json !== "string") {
    throw new RuleError("InvalidSchemaExport", "The schema's export() didn't return a string.");
  }
  return json;
}

function evaluateAuthConfig(loader: Loader, path: string): string {
  const config = loader.load(path)["default"];
  if (config === undefined) {
    throw new RuleError("AuthConfigMissingExportError", "auth config file must have a default export");
  }
  let json: string | undefined;
  try {
    json = jsonStringify(config) as string | undefined;
  } catch (problem) {
    throw new RuleError("AuthConfigUnserializableError", `auth config file can't be serialized to JSON: ${String(problem)}`);
  }
  if (json === undefined) {
    throw new RuleError("AuthConfigUnserializableError", "auth config file can't be serialized to JSON");
  }
  const providers = (jsonParse(json) as { providers?: unknown } | null)?.providers;
  if (!Array.isArray(providers)) {
    throw new RuleError(
      "AuthConfigNotMatchingSchemaError",
      "auth config file must include a list of provider credentials: export default { providers: [...] }",
    );
  }
  return json;
}

function evaluateDefinition(loader: Loader, path: string): string {
  const namespace = loader.load(path);
  const names = keys(namespace);
  const definition = namespace["default"] as { export?: unknown } | undefined;
  if (names.length !== 1 || definition === undefined || definition === null || typeof definition.export !== "function") {
    throw new RuleError("InvalidDefinition", `${path} must have exactly one export: the default export of defineApp().`);
  }
  const exported: unknown = definition.export();
  if (typeof exported !== "object" || exported === null) {
    throw new RuleError("InvalidDefinition", `The default export of ${path} isn't an app definition.`);
  }
  return jsonStringify(exported);
}

export function evaluate(loader: Loader, what: number, path: string): string {
  switch (what) {
    case Evaluate.Schema:
      return evaluateSchema(loader, path);
    case Evaluate.AuthConfig:
      return evaluateAuthConfig(loader, path);
    case Evaluate.Definition:
      return evaluateDefinition(loader, path);
    default:
      return analyze(loader, path);
  }
}
