package dev.freshet.functions;

/**
 * One call of a user's function. Arrays are neither copied nor changed.
 *
 * @param modulePath canonical path of the module, e.g. {@code messages.js}
 * @param functionName name of the export
 * @param argsJson UTF-8 JSON array of the positional arguments, e.g. {@code [{"a":1.0}]}
 * @param seed 32 bytes for the call's randomness. A nested call's seed is drawn from its caller's
 *     generator instead, and this one is not used
 * @param unixMillis the frozen {@code Date.now()}; a nested call gets its caller's
 * @param importPhase what module top-level code sees
 * @param limits bounds of the call; a nested call shares its caller's
 */
@SuppressWarnings("ArrayRecordComponent") // calls are never compared
public record FunctionCall(
    FunctionKind kind,
    ModuleSet modules,
    String modulePath,
    String functionName,
    byte[] argsJson,
    byte[] seed,
    long unixMillis,
    ImportPhase importPhase,
    CallLimits limits) {
  /** The address as messages and log lines print it, e.g. {@code messages.js:list}. */
  public String path() {
    return modulePath + ":" + functionName;
  }
}
