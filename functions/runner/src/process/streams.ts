/*
 * The running queries of a call. A query costs one exchange with the parent for its first row, which brings the rows that will most
 * likely be asked for next; those are then answered from here, without leaving user code's turn. What counts as read is what user
 * code has taken: each TURN and DONE tells how many rows of which query that were (`report`).
 *
 * A write makes rows that were brought ahead obsolete, as a query sees the writes of its own call. So before any syscall that isn't
 * known to be a read they are thrown away here, and the parent, told so by the same report, goes back to the last row taken.
 */
import type { Writer } from "./channel.js";

const NO_ROWS: string[] = [];
const QUERY_ID = '{"queryId":';
const END = '{"value":null,"done":true}';

/** Syscalls that change nothing that a query could see. */
const READS = new Set([
  "1.0/get",
  "1.0/queryPage",
  "1.0/count",
  "1.0/getUserIdentity",
  "1.0/getTransactionMetrics",
  "1.0/getFunctionMetadata",
  "1.0/getDeploymentMetadata",
  "1.0/getRequestMetadata",
]);

export function isRead(operation: string): boolean {
  return READS.has(operation);
}

export class Stream {
  /** Rows brought ahead, of which the first `at` are taken. */
  private rows = NO_ROWS;
  private at = 0;
  private endsAfterRows = false;
  /** Taken since the last report; the end of the query counts as one more row. */
  taken = 0;
  closed = false;

  constructor(
    readonly id: number,
    /** The query, until the parent has been asked for its first row. */
    public args: string | undefined,
  ) {}

  /** The next answer, if it is here. */
  take(): string | undefined {
    if (this.at < this.rows.length) {
      this.taken += 1;
      return this.rows[this.at++];
    }
    if (this.endsAfterRows) {
      this.taken += 1;
      this.closed = true;
      return END;
    }
    return undefined;
  }

  /** What the parent has brought along, after the answer to the request itself. */
  bring(rows: string[], ends: boolean): void {
    this.rows = rows;
    this.at = 0;
    this.endsAfterRows = ends;
    this.taken = 0;
  }

  forget(): void {
    this.rows = NO_ROWS;
    this.at = 0;
    this.endsAfterRows = false;
  }

  get hasRows(): boolean {
    return this.at < this.rows.length || this.endsAfterRows;
  }
}

export class Streams {
  private readonly live = new Map<number, Stream>();
  private readonly ended: Stream[] = [];
  private rewound = false;
  private lastId = 0;

  /** A new query; nothing is asked of the parent before its first row is wanted. */
  start(args: string): string {
    this.lastId += 1;
    this.live.set(this.lastId, new Stream(this.lastId, args));
    return `{"queryId":${this.lastId}}`;
  }

  /** The query that the arguments name; undefined if there is none. */
  find(argsJson: string): Stream | undefined {
    return argsJson.startsWith(QUERY_ID) ? this.live.get(Number(argsJson.slice(QUERY_ID.length, -1))) : undefined;
  }

  take(stream: Stream): string | undefined {
    const row = stream.take();
    if (stream.closed) {
      this.close(stream);
    }
    return row;
  }

  close(stream: Stream): void {
    stream.closed = true;
    this.live.delete(stream.id);
    if (stream.args === undefined) {
      this.ended.push(stream);
    }
  }

  /** A write is about to be asked for. */
  rewind(): void {
    for (const stream of this.live.values()) {
      if (stream.hasRows) {
        stream.forget();
        this.rewound = true;
      }
    }
  }

  /** u8 rows ahead are void, u32 count, count × (u32 stream, u32 rows taken, u8 closed) */
  report(out: Writer): void {
    out.u8(this.rewound ? 1 : 0);
    this.rewound = false;
    const at = out.length;
    out.u32(0);
    let count = 0;
    for (const stream of this.ended) {
      reportOne(out, stream);
      count += 1;
    }
    this.ended.length = 0;
    for (const stream of this.live.values()) {
      if (stream.taken > 0) {
        reportOne(out, stream);
        count += 1;
      }
    }
    out.patchU32(at, count);
  }
}

function reportOne(out: Writer, stream: Stream): void {
  out.u32(stream.id);
  out.u32(stream.taken);
  out.u8(stream.closed ? 1 : 0);
  stream.taken = 0;
}
