import { NativeError } from "./primordials.js";

/** What the context is doing; decides what the host calls of user code are refused with (spec 30 §6). */
export const Phase = { Import: 0, Query: 1, Mutation: 2, Schema: 3, AuthConfig: 4, Definition: 5, Action: 6 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** The part of a context's state that several globals share. */
export interface State {
  phase: Phase;
  /** The frozen clock, and the clock of the import phase. */
  now: number;
  timeOrigin: number;
  startedMonotonic: number;
  observedTime: boolean;
  observedRandom: boolean;
}

const DURING: Record<Phase, string> = {
  [Phase.Import]: "at import time",
  [Phase.Query]: "",
  [Phase.Mutation]: "",
  [Phase.Schema]: "while evaluating schema",
  [Phase.AuthConfig]: "while evaluating auth config file",
  [Phase.Definition]: "while evaluating app definition",
  [Phase.Action]: "",
};

export function isExecuting(state: State): boolean {
  return state.phase === Phase.Query || state.phase === Phase.Mutation || state.phase === Phase.Action;
}

/** The error for something that only actions may do. */
export function refuse(state: State, what: string): Error {
  return new NativeError(
    isExecuting(state)
      ? `Can't use ${what} in queries and mutations. Please consider using an action.`
      : `${what} unsupported ${DURING[state.phase]}`,
  );
}

/** The error for a call of the host outside of a function. */
export function refuseHost(state: State, what: string): Error {
  return new NativeError(
    state.phase === Phase.Import ? `Can't use ${what} at import time` : `${what} unsupported ${DURING[state.phase]}`,
  );
}

/** Clock and randomness are there while modules of functions and schemas load, not for configuration files. */
export function checkDeterministic(state: State, what: string): void {
  if (state.phase === Phase.AuthConfig || state.phase === Phase.Definition) {
    throw refuse(state, what);
  }
}
