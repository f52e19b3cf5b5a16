import { performance } from "node:perf_hooks";

interface Entry {
  due: number;
  /** Equal times in the order in which they were asked for. */
  order: number;
  fire: () => void;
  /** Place in the heap; -1 once it has fired or is cleared. */
  at: number;
}

export type TimerHandle = Entry;

/** All timers of the process in one queue, so that equal deadlines keep their order whatever the delays were. */
export class TimerQueue {
  private readonly heap: Entry[] = [];
  private order = 0;
  private armed: NodeJS.Timeout | undefined;
  private armedFor = Infinity;

  start(millis: number, fire: () => void): TimerHandle {
    this.order += 1;
    const entry = { due: Math.floor(performance.now()) + millis, order: this.order, fire, at: this.heap.length };
    this.heap.push(entry);
    this.up(entry);
    this.arm();
    return entry;
  }

  clear(entry: TimerHandle): void {
    const at = entry.at;
    if (at < 0) {
      return;
    }
    const last = this.heap.pop()!;
    entry.at = -1;
    if (last !== entry) {
      this.heap[at] = last;
      last.at = at;
      this.up(last);
      this.down(last);
    }
  }

  private arm(): void {
    const next = this.heap[0];
    if (next === undefined || (this.armed !== undefined && next.due >= this.armedFor)) {
      return;
    }
    clearTimeout(this.armed);
    this.armedFor = next.due;
    this.armed = setTimeout(() => this.fireDue(), Math.max(0, Math.min(2 ** 31 - 1, next.due - performance.now())));
  }

  private fireDue(): void {
    this.armed = undefined;
    const now = performance.now();
    for (let next = this.heap[0]; next !== undefined && next.due <= now; next = this.heap[0]) {
      this.clear(next);
      next.fire();
    }
    this.arm();
  }

  private before(a: Entry, b: Entry): boolean {
    return a.due < b.due || (a.due === b.due && a.order < b.order);
  }

  private put(entry: Entry, at: number): void {
    this.heap[at] = entry;
    entry.at = at;
  }

  private up(entry: Entry): void {
    let at = entry.at;
    while (at > 0) {
      const parent = this.heap[(at - 1) >> 1]!;
      if (!this.before(entry, parent)) {
        break;
      }
      this.put(parent, at);
      at = (at - 1) >> 1;
    }
    this.put(entry, at);
  }

  private down(entry: Entry): void {
    let at = entry.at;
    for (;;) {
      const left = this.heap[2 * at + 1];
      const right = this.heap[2 * at + 2];
      const child = right !== undefined && this.before(right, left!) ? right : left;
      if (child === undefined || !this.before(child, entry)) {
        break;
      }
      const place = child.at;
      this.put(child, at);
      at = place;
    }
    this.put(entry, at);
  }
}
