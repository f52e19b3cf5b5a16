/**
 * Messages between the server and a runner: little-endian frames `u32 length, u8 type, body`, in which text is `u32 length, UTF-8`.
 * The server speaks first and then strictly in turn: each of its messages is followed by the runner's messages up to one that waits
 * for an answer or ends the work; only LOG is not answered. A nested call is a RUN in place of the DELIVER that its caller waits for.
 *
 * RunnerProtocol.java is the other side; a change here is a change there and a new VERSION.
 */
export const VERSION = 3;

/** Messages of the server. */
export const Server = {
  /** u16 version, u32 log lines of a call, u32 bytes of a log line, u32 bytes of an error message, u32 largest message, u32 largest result in MiB, as errors tell it */
  HELLO: 1,
  /** str set, u32 count, count × (str path, str hash, u8 node module): names a module set; no answer */
  MODULES: 2,
  /** str set: forget it; no answer */
  FORGET: 3,
  /** u32 context or 0, u8 mutation, u8 nested, str set, str path, str function, str args, 32 bytes seed, f64 now, 32 bytes import seed, f64 import time */
  RUN: 4,
  /** u32 count, count × (u8 Delivery, OK: str JSON, FAILED: str message, u8 has data, [str data], ROWS: u32 rows, rows × str JSON, u8 at the end) */
  DELIVER: 5,
  /** u8 status, str text, [if status is FAILED: u8 has data, str data] */
  ANSWER: 6,
  /** str script, u32 length, bytes of the code cache (0: none) */
  SCRIPT: 7,
  /** str set, str path, 32 bytes import seed, f64 import time: load a context ahead of a call */
  PREPARE: 8,
  /** u8 what, str set, str path, 32 bytes import seed, f64 import time */
  EVALUATE: 9,
  /** u32 context; no answer */
  DROP: 10,
  /** asks for code caches of scripts that have run */
  HARVEST: 11,
  /** in place of any answer: end all calls, without an outcome; answered by ABORTED */
  ABORT: 12,
} as const;

/** Messages of a runner. */
export const Runner = {
  /** u16 version, str Node version, str V8 version */
  READY: 1,
  /** streams read (see streams.ts), u32 count, count × (str operation, str args, u32 stream) */
  TURN: 2,
  /** str operation, str args */
  SYSCALL: 3,
  /** str name, u8 read by the import phase */
  ENVIRONMENT: 4,
  /** str set, str path */
  NEED_SCRIPT: 5,
  /** str set, str path */
  NEED_MAP: 6,
  /** u8 level, u8 truncated, f64 time, u32 count, count × str */
  LOG: 7,
  /** streams read, u8 ok, u8 flags (see Flag), u32 kept context or 0, ok: str result, else: str code, str message, str data, u32 frames, frames × str */
  DONE: 8,
  /** u32 context or 0 */
  PREPARED: 9,
  /** u32 count, count × (str hash, u32 length, bytes) */
  CACHES: 10,
  ABORTED: 11,
} as const;

export const Flag = { TIME: 1, RANDOM: 2, NEW_SCRIPTS: 4 } as const;

/** What one syscall of a turn is answered with. */
export const Delivery = { OK: 0, FAILED: 1, ROWS: 2 } as const;

/** Status of an ANSWER. */
export const Status = { OK: 0, UNSET: 1, FAILED: 2 } as const;
