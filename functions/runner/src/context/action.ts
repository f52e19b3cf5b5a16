/*
 * The inside of a context in which an action or HTTP action runs. As in main.ts a turn is: call a control function, drain, look at
 * `status`; what the context waits for (answers, timers, bytes) comes one event at a time, each followed by a drain.
 */
import { type Base, createBase } from "./base.js";
import type { Description } from "./errors.js";
import type { EventHost } from "./host.js";
import { createLoader } from "./loader.js";
import { Phase } from "./phase.js";
import { NativeError, NativePromise, create, defineGlobal, jsonParse, jsonStringify } from "./primordials.js";
import { RuleError } from "./rule.js";
import { defineTimers } from "./timers.js";
import { type WebEnvironment, webClasses } from "./webnames.js";
import { createWork } from "./work.js";

/** How the process drives the context of an action. As with `Control`, none of it throws and only primitives cross. */
export interface ActionControl {
  /** Loads the entry module in the next drain. */
  load(path: string, unixMillis: number): void;
  /** Calls an action of the loaded module in the next drain. */
  invoke(path: string, name: string, requestId: string, argsJson: string): void;
  /** Lets the router that the loaded module exports look for a route; the result is the route as the router writes it, or "". */
  route(method: string, path: string): void;
  /** Runs the handler that was found. The head leaves by `httpHead`. */
  serve(requestJson: string): void;
  settle(request: number, text: string): void;
  fail(request: number, message: string, data: string | undefined): void;
  timer(id: number): void;
  /** The client of an HTTP action is gone. */
  clientGone(): void;
  /** Tells what became of the last `load`, `invoke`, `route` or `serve`. */
  status(): number;
  result(): string;
  failureCode(): string;
  failure(): Description;
  describe(error: unknown): Description;
}

interface Invocable {
  isAction?: unknown;
  isQuery?: unknown;
  isMutation?: unknown;
  invokeAction(requestId: string, args: string): Promise<unknown>;
}

interface Router {
  isRouter?: unknown;
  lookup(path: string, method: string): [unknown, string, string] | null;
  runRequest(argsJson: string, path: string): Promise<string>;
}

function checkAction(fn: Invocable | undefined, address: string): Invocable {
  if (fn?.isAction !== true) {
    const kind = fn?.isQuery === true ? "query" : fn?.isMutation === true ? "mutation" : undefined;
    throw new NativeError(
      kind === undefined
        ? `Function ${address} is not an action. Did you forget to wrap it in action()?`
        : `Function ${address} is registered as a ${kind} but is being run as an action.`,
    );
  }
  return fn;
}

/** The part of the host interface whose arguments and results are live values (spec 30 §2.5); it comes with the web classes. */
function jsSyscalls(web: WebEnvironment) {
  return (operation: string, args: unknown): unknown => {
    const syscall = webClasses(web).jsSyscalls[operation] as ((args: unknown) => unknown) | undefined;
    if (syscall === undefined) {
      throw new RuleError("UnknownOperation", `Unknown JS syscall: ${operation}`);
    }
    return syscall(args);
  };
}

/** `fetch` is a web class, which is only looked for when it is called. */
function defineFetch({ state, web }: Base<EventHost>): void {
  defineGlobal("fetch", async (input: unknown, init: unknown) => {
    if (state.phase !== Phase.Action) {
      throw new NativeError("fetch() unsupported at import time");
    }
    return (webClasses(web).globals["fetch"] as (input: unknown, init: unknown) => unknown)(input, init);
  });
}

interface ResponseHead {
  headerPairs: Array<[string, string]>;
  status: number;
  streamId?: number | null;
}

export function setup(rawHost: EventHost): ActionControl {
  const base = createBase(rawHost, jsSyscalls);
  const { host, state, errors, requests, web } = base;
  const timers = defineTimers(host, state);
  defineFetch(base);
  const loader = createLoader(host, (path) => requests.answer(host.moduleLoad(path)));
  const work = createWork(errors);
  let namespace: Record<string, unknown> = create(null);
  let router: Router | undefined;
  let routed = "";

  function begin(): void {
    state.phase = Phase.Action;
    state.now = host.wallMillis();
    state.startedMonotonic = host.monotonicMillis();
  }

  return {
    load(path, unixMillis) {
      state.phase = Phase.Import;
      state.now = state.timeOrigin = unixMillis;
      work.start(() => {
        namespace = loader.load(path);
        return "";
      });
    },
    invoke(path, name, requestId, argsJson) {
      begin();
      work.start(() => {
        if (!(name in namespace)) {
          throw new NativeError(`Couldn't find "${name}" in module "${path}".`);
        }
        return checkAction(namespace[name] as Invocable | undefined, `${path}:${name}`).invokeAction(requestId, argsJson);
      });
    },
    route(method, path) {
      work.start(() => {
        router = namespace["default"] as Router | undefined;
        if (router?.isRouter !== true) {
          throw new NativeError("The default export of `convex/http.js` is not a Router.");
        }
        routed = path;
        const found = router.lookup(path, method);
        return found === null || found === undefined ? "" : `${String(found[1])} ${String(found[2])}`;
      });
    },
    serve(requestJson) {
      begin();
      work.start(async () => {
        const head = jsonParse(await router!.runRequest(requestJson, routed)) as ResponseHead;
        const stream = Number(head.streamId ?? 0);
        const wrong = host.httpHead(Number(head.status), jsonStringify(head.headerPairs), stream);
        if (wrong !== "") {
          throw new NativeError(wrong);
        }
        web.onHeadSent?.(stream);
        return "";
      });
    },
    settle: requests.settle,
    fail: requests.fail,
    timer: timers.fire,
    // In a microtask: what listeners throw is a rejection that nobody handles.
    clientGone: () => void NativePromise.resolve().then(() => web.onClientGone?.()),
    status: work.status,
    result: work.result,
    failureCode: work.failureCode,
    failure: work.failure,
    describe: errors.describe,
  };
}
