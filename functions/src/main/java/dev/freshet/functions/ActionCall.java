package dev.freshet.functions;

import java.time.Duration;
import java.util.SortedMap;

/**
 * One call of a user's action. Arrays are neither copied nor changed.
 *
 * @param environment where its module runs
 * @param modulePath canonical path of the module, e.g. {@code mail.js}
 * @param functionName name of the export
 * @param argsJson UTF-8 JSON array of the positional arguments
 * @param requestId handed to the function's library, which sends it back with its host requests
 * @param importPhase what module top-level code sees
 * @param variables all environment variables that the function may read
 * @param node of the Node environment only
 * @param timeout for the whole call, waiting included
 */
@SuppressWarnings("ArrayRecordComponent") // calls are never compared
public record ActionCall(
    ModuleEnvironment environment,
    ModuleSet modules,
    String modulePath,
    String functionName,
    byte[] argsJson,
    String requestId,
    ImportPhase importPhase,
    SortedMap<String, String> variables,
    NodeSetup node,
    Duration timeout) {
  /** The address as messages and log lines print it, e.g. {@code mail.js:send}. */
  public String path() {
    return modulePath + ":" + functionName;
  }
}
