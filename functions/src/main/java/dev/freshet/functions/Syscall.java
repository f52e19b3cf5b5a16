package dev.freshet.functions;

/**
 * A request of running user code to its host (spec 30 §2).
 *
 * @param operation e.g. {@code 1.0/get}
 * @param argsJson JSON text as the function's own library wrote it; user code can send anything
 */
public record Syscall(String operation, String argsJson) {}
