package dev.freshet.bench;

/**
 * CPU time used so far, user and system together.
 *
 * @param serverMicros by the server process
 * @param runnerMicros by its JavaScript runners
 */
record CpuTime(long serverMicros, long runnerMicros) {
  CpuTime minus(CpuTime earlier) {
    return new CpuTime(serverMicros - earlier.serverMicros, runnerMicros - earlier.runnerMicros);
  }
}
