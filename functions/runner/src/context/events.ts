import type { DOMExceptionClass } from "./domexception.js";

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

interface Registration {
  listener: Listener;
  once: boolean;
  capture: boolean;
}

let target: (event: Event, target: EventTarget) => void;
let isStopped: (event: Event) => boolean;

export class Event {
  readonly type: string;
  readonly cancelable: boolean;
  readonly bubbles: boolean;
  readonly timeStamp = 0;
  #target: EventTarget | null = null;
  #defaultPrevented = false;
  #stopped = false;

  static {
    target = (event, value) => {
      event.#target = value;
    };
    isStopped = (event) => event.#stopped;
  }

  constructor(type: string, init: { cancelable?: boolean; bubbles?: boolean } = {}) {
    this.type = String(type);
    this.cancelable = Boolean(init.cancelable);
    this.bubbles = Boolean(init.bubbles);
  }

  get target(): EventTarget | null {
    return this.#target;
  }

  get currentTarget(): EventTarget | null {
    return this.#target;
  }

  get defaultPrevented(): boolean {
    return this.#defaultPrevented;
  }

  preventDefault(): void {
    if (this.cancelable) {
      this.#defaultPrevented = true;
    }
  }

  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    this.#stopped = true;
  }

  get [Symbol.toStringTag](): string {
    return "Event";
  }
}

export class EventTarget {
  readonly #listeners = new Map<string, Registration[]>();

  addEventListener(
    type: string,
    listener: Listener | null,
    options: boolean | { once?: boolean; capture?: boolean; signal?: AbortSignal } = {},
  ): void {
    const settings = typeof options === "boolean" ? { capture: options } : options;
    if (listener === null || listener === undefined || settings.signal?.aborted) {
      return;
    }
    const capture = Boolean(settings.capture);
    const list = this.#listeners.get(type) ?? [];
    if (!list.some((entry) => entry.listener === listener && entry.capture === capture)) {
      this.#listeners.set(type, [...list, { listener, once: Boolean(settings.once), capture }]);
      settings.signal?.addEventListener("abort", () => this.removeEventListener(type, listener, settings));
    }
  }

  removeEventListener(type: string, listener: Listener | null, options: boolean | { capture?: boolean } = {}): void {
    const capture = typeof options === "boolean" ? options : Boolean(options.capture);
    const list = this.#listeners.get(type);
    if (list !== undefined) {
      this.#listeners.set(
        type,
        list.filter((entry) => entry.listener !== listener || entry.capture !== capture),
      );
    }
  }

  dispatchEvent(event: Event): boolean {
    target(event, this);
    for (const { listener, once, capture } of this.#listeners.get(event.type) ?? []) {
      if (once) {
        this.removeEventListener(event.type, listener, capture);
      }
      if (typeof listener === "function") {
        listener.call(this, event);
      } else {
        listener.handleEvent(event);
      }
      if (isStopped(event)) {
        break;
      }
    }
    return !event.defaultPrevented;
  }

  get [Symbol.toStringTag](): string {
    return "EventTarget";
  }
}

let makeSignal: () => AbortSignal;
let abortSignal: (signal: AbortSignal, reason: unknown) => void;
let construction = false;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;
  onabort: ((event: Event) => void) | null = null;
  static exception: () => DOMExceptionClass;

  static {
    makeSignal = () => {
      construction = true;
      try {
        return new AbortSignal();
      } finally {
        construction = false;
      }
    };
    abortSignal = (signal, reason) => {
      if (!signal.#aborted) {
        signal.#aborted = true;
        signal.#reason =
          reason === undefined ? new (AbortSignal.exception())("signal is aborted without reason", "AbortError") : reason;
        const event = new Event("abort");
        signal.onabort?.(event);
        signal.dispatchEvent(event);
      }
    };
  }

  constructor() {
    super();
    if (!construction) {
      throw new TypeError("Illegal constructor");
    }
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = makeSignal();
    abortSignal(signal, reason);
    return signal;
  }

  static timeout(millis: number): AbortSignal {
    const signal = makeSignal();
    const exception = AbortSignal.exception();
    const { setTimeout } = globalThis as unknown as { setTimeout(callback: () => void, millis: number): number };
    setTimeout(() => abortSignal(signal, new exception("The operation was aborted due to timeout", "TimeoutError")), millis);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const combined = makeSignal();
    for (const signal of signals) {
      if (signal.aborted) {
        abortSignal(combined, signal.reason);
      } else {
        signal.addEventListener("abort", () => abortSignal(combined, signal.reason));
      }
    }
    return combined;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) {
      throw this.#reason;
    }
  }

  override get [Symbol.toStringTag](): string {
    return "AbortSignal";
  }
}

export class AbortController {
  readonly signal = makeSignal();

  abort(reason?: unknown): void {
    abortSignal(this.signal, reason);
  }

  get [Symbol.toStringTag](): string {
    return "AbortController";
  }
}

export function createEventClasses(exception: () => DOMExceptionClass) {
  Object.defineProperty(AbortSignal, "exception", { value: exception, enumerable: false });
  return { Event, EventTarget, AbortController, AbortSignal };
}

export type EventClasses = ReturnType<typeof createEventClasses>;
