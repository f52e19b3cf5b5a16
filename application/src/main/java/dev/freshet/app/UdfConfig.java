package dev.freshet.app;

import dev.freshet.functions.ImportPhase;

/**
 * The row of the table {@code _udf_config} (spec 40 §4.3): what is the same for all functions of a
 * deployed app. It stays as it is while the npm package's version does, because everything that
 * runs depends on it.
 *
 * @param serverVersion the npm package's version, e.g. {@code 1.48.0}
 * @param importPhaseSeed 32 bytes: the randomness that modules' top-level code sees
 * @param importPhaseNanos the time it sees, in nanoseconds since the epoch
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record UdfConfig(String serverVersion, byte[] importPhaseSeed, long importPhaseNanos) {
  ImportPhase importPhase() {
    return new ImportPhase(importPhaseSeed, importPhaseNanos / 1_000_000);
  }
}
