import type { Host } from "./host.js";

/** `AsyncLocalStorage` and `AsyncResource` over the host's (spec 30 §8.1). */
export function createAsyncClasses(host: Host) {
  function through<R>(run: (thunk: () => void) => void, call: () => R): R {
    let outcome: { value: R } | { error: unknown } | undefined;
    run(() => {
      try {
        outcome = { value: call() };
      } catch (error) {
        outcome = { error };
      }
    });
    if (outcome === undefined) {
      throw new RangeError("Maximum call stack size exceeded");
    }
    if ("error" in outcome) {
      throw outcome.error;
    }
    return outcome.value;
  }

  class AsyncLocalStorage<T> {
    readonly #storage = host.storageNew();

    static bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
      const snapshot = AsyncLocalStorage.snapshot();
      return (...args) => snapshot(fn, ...args);
    }

    static snapshot(): <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R {
      const snapshot = host.snapshotNew();
      return (fn, ...args) => through((thunk) => host.snapshotRun(snapshot, thunk), () => fn(...args));
    }

    getStore(): T | undefined {
      return host.storageGet(this.#storage) as T | undefined;
    }

    enterWith(store: T): void {
      host.storageEnter(this.#storage, store);
    }

    run<A extends unknown[], R>(store: T, fn: (...args: A) => R, ...args: A): R {
      return through((thunk) => host.storageRun(this.#storage, store, thunk), () => fn(...args));
    }

    exit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
      return through((thunk) => host.storageRun(this.#storage, undefined, thunk), () => fn(...args));
    }

    disable(): void {
      host.storageDisable(this.#storage);
    }
  }

  class AsyncResource {
    readonly #snapshot = host.snapshotNew();

    static bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
      return AsyncLocalStorage.bind(fn);
    }

    runInAsyncScope<A extends unknown[], R>(fn: (...args: A) => R, thisArg?: unknown, ...args: A): R {
      return through((thunk) => host.snapshotRun(this.#snapshot, thunk), () => fn.apply(thisArg, args));
    }

    bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
      return (...args) => this.runInAsyncScope(fn, undefined, ...args);
    }
  }

  return { AsyncLocalStorage, AsyncResource };
}
