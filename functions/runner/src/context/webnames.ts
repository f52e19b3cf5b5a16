import type { DOMExceptionClass } from "./domexception.js";
import type { EventClasses } from "./events.js";
import type { EventHost, Host } from "./host.js";
import type { State } from "./phase.js";
import { NativeError, defineLazyGlobal } from "./primordials.js";

/**
 * Globals that live in a script of their own (src/web), which a context evaluates when the first of these names is used: queries
 * and sleeping actions don't pay for them. A name that the script doesn't bring is left out of this table.
 */
const NAMES: string[] = [];

/** What the web script is given. */
export interface WebEnvironment {
  /** `EventHost` in actions only: check `state.phase` first. */
  host: Host & Partial<EventHost>;
  state: State;
  exception(): DOMExceptionClass;
  events(): EventClasses;
  /** The answer to a request of the host, see host.ts. */
  answer(request: number | string | undefined): Promise<string>;
  /** Set by the web script: the caller of the HTTP action is gone. */
  onClientGone?: () => void;
  /** Here once one of the names has been used. */
  classes?: WebClasses;
}

export interface WebClasses {
  globals: Record<string, unknown>;
  /** `requestFromConvexJson` and the like (spec 30 §2.5), by name. */
  jsSyscalls: Record<string, (args: never) => unknown>;
}

/** The web classes of this context, which are made now if they aren't there yet. */
export function webClasses(web: WebEnvironment): WebClasses {
  if (web.classes === undefined) {
    const make = web.host.webScript();
    if (typeof make === "string") {
      throw new NativeError(make);
    }
    web.classes = make(web);
  }
  return web.classes;
}

export function defineWebClasses(web: WebEnvironment): void {
  for (const name of NAMES) {
    defineLazyGlobal(name, () => webClasses(web).globals[name]);
  }
}
