package dev.freshet.functions;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a running function may ask for. One host serves one call; it is called on one thread at a
 * time, the platform thread that serves the runner process. A {@code FreshetException} that is a
 * deterministic user error becomes an error that user code may catch; any other ends the call, and
 * {@link FunctionRunner#run} throws it.
 */
public interface FunctionHost {
  /**
   * A synchronous syscall, e.g. {@code 1.0/db/normalizeId}.
   *
   * @return JSON text
   */
  String syscall(String operation, String argsJson);

  /**
   * Asynchronous syscalls that are pending, in the order in which they were made. The host carries
   * out as long a prefix as it likes as one batch and answers that prefix, at least one; the rest
   * comes again at once, before user code runs on. Nested calls of a batch run after the host
   * returned, so {@code Nested} must be the last result of a batch.
   *
   * <p>Queries are started by {@code 1.0/queryStream}, which like {@code 1.0/queryStreamNext} asks
   * for a row and is answered with {@link SyscallResult.Rows}. Rows beyond the first are brought
   * ahead of the calls that will ask for them: the host counts them as read when {@link
   * #streamRead} says so, and may not bring any if a syscall that is still pending could change
   * them.
   */
  List<SyscallResult> asyncSyscalls(List<Syscall> pending);

  /**
   * User code has taken rows that were brought ahead; told before the syscalls that it made after
   * that, and before the call ends.
   *
   * @param stream the number of the query; one that the host doesn't know is passed over
   * @param rows how many more; the end counts as one
   * @param closed whether the query won't be heard of again
   */
  default void streamRead(int stream, int rows, boolean closed) {}

  /**
   * Rows of any query that were brought ahead and not taken will not be used: user code is about to
   * write. The next row of a query comes after the last one taken.
   */
  default void rewindStreams() {}

  /**
   * The value of an environment variable, or null if it is unset. Every variable that the call
   * depends on is asked here, also where a prepared or reused context has already read it.
   */
  @Nullable String environmentVariable(String name);

  /**
   * The runner process died without an error of this call being proved; it would now be run again
   * from its start, in a process of its own. The host forgets everything that it has done for the
   * call so far.
   *
   * @return false if it can't: the call then fails at once
   */
  default boolean restart() {
    return false;
  }

  /** Whether others wait for this call to end: it goes before those for which nobody does. */
  default boolean isUrgent() {
    return false;
  }

  /** Whether nobody waits for the call any more: if it has not begun, it won't. */
  default boolean isGone() {
    return false;
  }

  /**
   * The call waits because of what its function did before, or does so no longer: it holds nothing
   * that others need meanwhile. Doesn't block; called on any thread.
   */
  default void parked(boolean parked) {}
}
