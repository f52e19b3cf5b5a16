import type { AsyncLocalStorage } from "node:async_hooks";
import type { KeyObject } from "node:crypto";
import type { TextDecoder } from "node:util";
import vm from "node:vm";
import type { Host } from "../context/host.js";
import { contextClosed } from "./garbage.js";
import { SeededRandom } from "./random.js";

const CONTEXT_OPTIONS: vm.CreateContextOptions = {
  microtaskMode: "afterEvaluate",
  codeGeneration: { strings: false, wasm: true },
};
const RUN_OPTIONS: vm.RunningScriptOptions = { displayErrors: false };
const NO_RANDOM = new SeededRandom(Buffer.alloc(32));

const environmentScript = new vm.Script(ENVIRONMENT_SOURCE, { filename: "freshet:environment" });
let webScript: vm.Script | undefined;
const drainScript = new vm.Script("0", { filename: "freshet:drain" });

export type Snapshot = (thunk: () => void) => void;
type Setup<C> = (host: Host) => C;
type TickCallback = { _tickCallback(): void };

/** Newer versions of Node can make contexts whose global object is an ordinary one, which is faster. */
const ordinary = (vm as unknown as { constants?: { DONT_CONTEXTIFY?: symbol } }).constants?.DONT_CONTEXTIFY;

/** One V8 context with the environment of user code in it, driven by its control functions. */
export class Context<C> {
  readonly control: C;
  private readonly context: vm.Context;
  /** Generator of the current phase. */
  random = NO_RANDOM;
  /** Reasons of rejected promises that nobody handles. */
  readonly unhandled: unknown[] = [];
  /** Objects of this realm that user code names by their number. */
  readonly decoders: TextDecoder[] = [];
  readonly keys: KeyObject[] = [];
  readonly storages: Array<AsyncLocalStorage<unknown>> = [];
  readonly snapshots: Snapshot[] = [];
  importing = true;
  /** Set when the module has been loaded: what for. */
  loaded: { set: string; path: string } | undefined;

  constructor(
    readonly id: number,
    host: Host,
    readonly set: string,
  ) {
    // A null prototype: nothing of this realm is reachable from the context's global.
    const sandbox = (ordinary ?? Object.create(null)) as vm.Context;
    this.context = vm.createContext(sandbox, CONTEXT_OPTIONS);
    this.control = (environmentScript.runInContext(this.context, RUN_OPTIONS) as Setup<C>)(host);
  }

  run(script: vm.Script): unknown {
    return script.runInContext(this.context, RUN_OPTIONS);
  }

  /** Evaluates the classes of the web platform, of which most calls need none. */
  runWebScript(): unknown {
    webScript ??= new vm.Script(WEB_SOURCE, { filename: "freshet:web" });
    return this.run(webScript);
  }

  /** Runs microtasks until there are none, then finds out which rejections have stayed unhandled. */
  drain(): void {
    drainScript.runInContext(this.context, RUN_OPTIONS);
    (process as unknown as TickCallback)._tickCallback();
  }

  /** It won't run again. A storage in use makes every promise of the process dearer on older versions of Node. */
  close(): void {
    contextClosed();
    for (const storage of this.storages) {
      storage.disable();
    }
  }
}
