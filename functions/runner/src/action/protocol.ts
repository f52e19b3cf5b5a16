/**
 * Messages between the server and the processes that run actions: little-endian frames `u32 length, u8 type, u32 call, body`, in which
 * text is `u32 length, UTF-8`; call 0 is the process itself. Both sides send at any time. A frame for a call that has ended is passed
 * over; data beyond the receiver's credit is a fault, which ends the process.
 *
 * Streams: the server numbers the ones it sends (even), the process the ones that it makes (odd).
 *
 * ActionProtocol.java is the other side; a change here is a change there and a new VERSION.
 */
export const VERSION = 1;

/** Messages of the server. */
export const ToRunner = {
  /** u16 version, u32 log lines, u32 bytes of a line, u32 bytes of an error message, u32 operations, u32 timers, u32 credit, u32 bytes of a frame, u32 bytes of a result, u32 bytes of heap, str directory of code */
  HELLO: 1,
  /** str set, u32 count, count × (str path, str hash, u8 node module) */
  MODULES: 2,
  /** str set */
  FORGET: 3,
  /**
   * u8 kind (see Kind), str set, str path, str function, str request id, 32 bytes import seed, f64 import time, u32 count,
   * count × (str variable, str value), str args; HTTP: str method, str routed path, str request (JSON)
   */
  START: 4,
  /** u32 request, u8 ok, str JSON or message, [if not ok: u8 has data, str data] */
  ANSWER: 5,
  /** u32 stream, bytes */
  DATA: 6,
  /** u32 stream */
  END: 7,
  /** u32 stream, str message */
  FAIL: 8,
  /** u32 stream, u32 bytes */
  CREDIT: 9,
  /** Ends the call without an outcome; answered by DONE. */
  CANCEL: 10,
  /** The client of an HTTP action has gone. */
  GONE: 11,
} as const;

/** Bytes of the largest frame that the process may send, but for REQUEST and DONE. */
export const LARGEST_SMALL_FRAME = 1 << 20;

/** Messages of the process. */
export const FromRunner = {
  /** u16 version, str Node version, str V8 version */
  READY: 1,
  /** JavaScript of the call starts to run. */
  RUNNING: 2,
  /** f64 milliseconds that the turn took, u32 KiB of heap and buffers in use by the process (0: not measured): the call waits */
  PARKED: 3,
  /** u32 request, str operation, str args */
  REQUEST: 4,
  /** u8 level, u8 truncated, f64 time, u32 count, count × str */
  LOG: 5,
  DATA: 6,
  END: 7,
  FAIL: 8,
  CREDIT: 9,
  /** u32 status, u32 stream or 0, u32 count, count × (str name, str value) */
  HEAD: 10,
  /** u32 request, u32 stream, str content type, str digest */
  STORE: 11,
  /** u32 request, str storage id; answered with {stream, size, contentType} or null */
  OPEN: 12,
  /** The call does something that the server doesn't see, so it can't be run again. */
  EFFECT: 13,
  /** str route */
  ROUTE: 14,
  /**
   * u8 ok, u8 the process ends, f64 JavaScript milliseconds, f64 bytes that the call let the process grow, u32 count, count × str unawaited
   * operation, ok: str result, else: str code, str message, str data, u32 frames, frames × str
   */
  DONE: 15,
} as const;

export const Kind = { ACTION: 0, HTTP: 1, ANALYSIS: 2 } as const;
