package dev.freshet.app;

import dev.freshet.values.ByteSizes;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Sizes;
import dev.freshet.values.TableNames;
import dev.freshet.values.ValidationFailure;
import dev.freshet.values.Validator;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;

/** What a function returned, checked and in its one canonical form (spec 30 §3.2, §5.2). */
final class FunctionResults {
  private final Limits limits;

  /**
   * @param json canonical encoded JSON
   * @param size by spec 40 §1.4
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Checked(byte[] json, long size) {}

  FunctionResults(Limits limits) {
    this.limits = limits;
  }

  /**
   * @param json what the function's library wrote; untrusted
   * @param pending whether the value may speak of the commit that will follow
   * @throws FreshetException BAD_REQUEST with the text that the function's caller sees
   */
  Checked check(PreFlight.Cleared call, byte[] json, TableNames tables, boolean pending) {
    Value value = parse(call.path(), json, pending);
    long size = Sizes.of(value);
    long limit = limits.get(Limit.FUNCTION_MAX_RESULT_SIZE);
    if (size > limit) {
      throw tooLarge(call.path(), size);
    }
    Validator validator = call.function().returnsValidator();
    if (validator != null) {
      ValidationFailure failure = validator.check(value, tables);
      if (failure != null) {
        throw FreshetException.badRequest(
            "InvalidReturnValue", "ReturnsValidationError: " + failure.text());
      }
    }
    return new Checked(ValueJson.writeBytes(value, JsonFormat.ENCODED), size);
  }

  private FreshetException tooLarge(FunctionPath path, long size) {
    return tooLarge(path, size, limits.get(Limit.FUNCTION_MAX_RESULT_SIZE));
  }

  static FreshetException tooLarge(FunctionPath path, long size, long limit) {
    return FreshetException.badRequest(
        "FunctionReturnTooLarge",
        "Function "
            + path
            + " return value is too large (actual: "
            + ByteSizes.format(size)
            + ", limit: "
            + ByteSizes.format(limit)
            + ")");
  }

  private Value parse(FunctionPath path, byte[] json, boolean pending) {
    try {
      return pending ? ValueJson.parsePending(json) : ValueJson.parse(json);
    } catch (FreshetException e) {
      if (e.code().equals("ValueTooLargeError")) {
        throw tooLarge(path, ValueJson.size(json));
      }
      if (e.code().equals("InvalidJson")) {
        throw FreshetException.badRequest(
            "FunctionReturnInvalidJson",
            "Function " + path + " failed. Could not parse return value as json: " + e.text());
      }
      String why =
          e.code().equals("UnresolvedCommitTimestamp")
              ? "queries cannot return an unresolved commit timestamp"
              : e.text();
      throw FreshetException.badRequest(
          "FunctionReturnInvalid", "Function " + path + " return value invalid: " + why);
    }
  }
}
