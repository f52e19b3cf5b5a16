package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import org.jspecify.annotations.Nullable;

/**
 * The functions {@code _system/...} that the CLI and the dashboard call (spec 20 §25, 60 §2-3):
 * native code over the caller's transaction, so that subscriptions, the cache and journals work for
 * them as for any function. For administrators only. Thread-safe.
 */
final class SystemFunctions {
  /**
   * What a system function returned.
   *
   * @param journal to be kept with the result and given back at the next run; null: none
   */
  record Answer(Value value, @Nullable String journal) {}

  /** What the function is; null if there is none of that name. */
  @Nullable FunctionKind kind(FunctionPath path) {
    return null;
  }

  /**
   * Calls a function.
   *
   * @param transaction its scope must be that of the system
   * @param journal what an earlier run of the same live query answered
   * @throws FreshetException 403 {@code BadDeployKey} or {@code OperationNotPermitted}; {@code
   *     NotYetAvailable} for functions that are not built; what is wrong with the arguments
   */
  Answer call(
      Transaction transaction,
      Identity identity,
      FunctionPath path,
      ObjectValue args,
      @Nullable String journal) {
    throw FreshetException.notYetAvailable("The system function " + path.stripped());
  }
}
