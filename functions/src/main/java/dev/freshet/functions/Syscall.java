package dev.freshet.functions;

/**
 * A request of running user code to its host (spec 30 §2).
 *
 * @param operation e.g. {@code 1.0/get}
 * @param argsJson JSON text as the function's own library wrote it; user code can send anything
 * @param stream the running query that {@code 1.0/queryStream} starts or {@code
 *     1.0/queryStreamNext} is about, numbered by the runner from 1; 0 for none
 */
public record Syscall(String operation, String argsJson, int stream) {
  public Syscall(String operation, String argsJson) {
    this(operation, argsJson, 0);
  }
}
