package dev.freshet.functions;

import java.util.Set;

/**
 * Why the process of a runner ended. Only what the call that ran in it did may be told as that
 * call's error; all else is a failure of the system.
 */
enum CauseOfDeath {
  /** Ended because JavaScript used up its time. */
  USER_TIMEOUT,
  /** The engine reported that its heap is full. */
  HEAP,
  /** Memory outside the heap reached its bound, and an allocation failed that can't fail. */
  DATA_LIMIT,
  /** A signal that neither the engine nor the server sends: an operator's, or the kernel's. */
  KILLED_FROM_OUTSIDE,
  /** Ended because it sent what no runner sends. */
  PROTOCOL,
  /** Ended because it didn't say in time that it had started. */
  HUNG_AT_START,
  /** The pool is being closed. */
  CLOSED,
  UNKNOWN;

  /** 128 + SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM. */
  private static final Set<Integer> OUTSIDE_SIGNALS = Set.of(129, 130, 131, 137, 143);

  /**
   * The cause of an end that the server didn't bring about.
   *
   * @param exitCode the shell's: 128 and the number of the signal, if one ended the process
   * @param errorOutput what the engine wrote; user code can't write there
   */
  static CauseOfDeath of(int exitCode, String errorOutput) {
    if (OUTSIDE_SIGNALS.contains(exitCode)) {
      return KILLED_FROM_OUTSIDE;
    }
    if (exitCode == 0) {
      return UNKNOWN;
    }
    if (errorOutput.contains("heap out of memory") || errorOutput.contains("heap limit")) {
      return HEAP;
    }
    if (errorOutput.contains("out of memory")
        || errorOutput.contains("bad_alloc")
        || errorOutput.contains("Cannot allocate memory")) {
      return DATA_LIMIT;
    }
    return UNKNOWN;
  }

  /** Whether the call that ran ended the process by its use of memory. */
  boolean isMemory() {
    return this == HEAP || this == DATA_LIMIT;
  }

  /** Whether it shows that the call which ran does harm. */
  boolean isTheCalls() {
    return this == USER_TIMEOUT || isMemory();
  }
}
