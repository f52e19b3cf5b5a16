package dev.freshet.bench;

/**
 * CPU time used so far, user and system together.
 *
 * @param serverMicros by the server process
 * @param runnerMicros by its JavaScript runners
 */
record CpuTime(long serverMicros, long runnerMicros) {
  /** What was used in between; a runner that has ended since takes its time along. */
  CpuTime minus(CpuTime earlier) {
    return new CpuTime(
        serverMicros - earlier.serverMicros, Math.max(0, runnerMicros - earlier.runnerMicros));
  }
}
