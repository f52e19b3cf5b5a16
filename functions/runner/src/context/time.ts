import type { Host } from "./host.js";
import { Phase, checkDeterministic, isExecuting, type State } from "./phase.js";
import { NativeDate, apply, construct, defineGlobal, defineProperty, getOwnPropertyDescriptor } from "./primordials.js";

/** The clock as user code may see it: frozen, and noted when read (spec 30 §6.1). */
export function defineTime(host: Host, state: State): void {
  function now(): number {
    checkDeterministic(state, "Date.now()");
    if (state.phase === Phase.Action) {
      return host.wallMillis();
    }
    state.observedTime = true;
    return state.now;
  }

  function FrozenDate(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) {
      return new NativeDate(now()).toString();
    }
    return construct(NativeDate, args.length === 0 ? [now()] : args, new.target);
  }
  const statics: Array<[string, unknown]> = [
    ["now", now],
    ["parse", NativeDate.parse],
    ["UTC", NativeDate.UTC],
  ];
  for (const [name, value] of statics) {
    defineProperty(FrozenDate, name, { value, writable: true, configurable: true, enumerable: false });
  }
  defineProperty(FrozenDate, "name", { value: "Date", configurable: true });
  defineProperty(FrozenDate, "length", { value: 7, configurable: true });
  defineProperty(FrozenDate, "prototype", { value: NativeDate.prototype, writable: false });
  // Assigned: defining it again would cost as much as a tenth of the context.
  (NativeDate.prototype as { constructor: unknown }).constructor = FrozenDate;
  defineGlobal("Date", FrozenDate);
  defineIntl(now);
  defineTemporal(now);
  definePerformance(host, state);
}

/** Formatting "now" by leaving the date out must not read the real clock. */
function defineIntl(now: () => number): void {
  const prototype = Intl.DateTimeFormat.prototype;
  const formatOf = getOwnPropertyDescriptor(prototype, "format")!.get!;
  const formats = new WeakMap<object, unknown>();
  defineProperty(prototype, "format", {
    get(this: object) {
      const native = apply(formatOf, this, []) as (date: unknown) => string;
      let format = formats.get(this);
      if (format === undefined) {
        format = (date?: unknown) => native(date === undefined ? now() : date);
        formats.set(this, format);
      }
      return format;
    },
    configurable: true,
  });
  const toParts = prototype.formatToParts;
  defineProperty(prototype, "formatToParts", {
    value(this: Intl.DateTimeFormat, date?: Date | number) {
      return apply(toParts, this, [date === undefined ? now() : date]) as unknown;
    },
    writable: true,
    configurable: true,
  });
}

interface TemporalGlobal {
  Now: Record<string, unknown>;
  Instant: { fromEpochMilliseconds(millis: number): { toZonedDateTimeISO(zone: unknown): Record<string, () => unknown> } };
}

function defineTemporal(now: () => number): void {
  const temporal = (globalThis as { Temporal?: TemporalGlobal }).Temporal;
  if (temporal === undefined) {
    return;
  }
  const instant = () => temporal.Instant.fromEpochMilliseconds(now());
  const zoned = (zone: unknown = "UTC") => instant().toZonedDateTimeISO(zone);
  const functions: Record<string, unknown> = {
    instant,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (zone: unknown) => zoned(zone).toPlainDateTime!(),
    plainDateISO: (zone: unknown) => zoned(zone).toPlainDate!(),
    plainTimeISO: (zone: unknown) => zoned(zone).toPlainTime!(),
  };
  for (const name of Object.keys(functions)) {
    defineProperty(temporal.Now, name, { value: functions[name], writable: true, configurable: true });
  }
}

function definePerformance(host: Host, state: State): void {
  const performance = {
    now(): number {
      checkDeterministic(state, "performance.now()");
      if (!isExecuting(state)) {
        return 0;
      }
      state.observedTime = true;
      const since = state.now - state.timeOrigin;
      return state.phase === Phase.Query
        ? since
        : since + Math.round((host.monotonicMillis() - state.startedMonotonic) * 10) / 10;
    },
    get timeOrigin(): number {
      return state.timeOrigin;
    },
    toJSON() {
      return { timeOrigin: state.timeOrigin };
    },
  };
  defineProperty(performance, Symbol.toStringTag, { value: "Performance", configurable: true });
  defineGlobal("performance", performance);
}
