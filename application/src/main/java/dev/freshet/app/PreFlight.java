package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.ImportPhase;
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
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import org.jspecify.annotations.Nullable;

/**
 * What is checked before any JavaScript runs, in the order of spec 30 §3.2. Everything it throws is
 * a failure of the call that its caller may see.
 */
final class PreFlight {
  private final ModuleCatalog catalog;
  private final Limits limits;

  /** Who is calling, as far as visibility goes. */
  enum Visibility {
    /** Public functions only. */
    PUBLIC,
    /** Internal functions too: a nested call, or an administrator who may. */
    ALL
  }

  /**
   * A call that may run.
   *
   * @param args the positional array as canonical encoded JSON
   * @param argsSize the size of the arguments by spec 40 §1.4
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Cleared(
      FunctionPath path,
      DeployedModule module,
      DeployedFunction function,
      ImportPhase importPhase,
      byte[] args,
      long argsSize) {}

  PreFlight(ModuleCatalog catalog, Limits limits) {
    this.catalog = catalog;
    this.limits = limits;
  }

  /**
   * @param expected the kind the caller wants
   * @param args encoded JSON: an object, or the legacy array
   */
  Cleared clear(
      Transaction transaction,
      FunctionPath path,
      FunctionKind expected,
      byte[] args,
      Visibility visibility) {
    return clear(transaction, path, expected, args, visibility, false);
  }

  /**
   * @param pending whether the arguments may speak of the commit that will follow
   */
  Cleared clear(
      Transaction transaction,
      FunctionPath path,
      FunctionKind expected,
      byte[] args,
      Visibility visibility,
      boolean pending) {
    DeployedModule module = catalog.module(transaction, path.module());
    DeployedFunction function = visible(module, path, visibility);
    UdfConfig config = catalog.config(transaction);
    if (module == null || function == null || config == null) {
      throw notFound(path);
    }
    checkKind(path, expected, function.kind());
    ArrayValue checked = checkArgs(path, function, args, new VisibleTables(transaction), pending);
    return new Cleared(
        path,
        module,
        function,
        config.importPhase(),
        ValueJson.writeBytes(checked, JsonFormat.ENCODED),
        Sizes.of(checked));
  }

  private static @Nullable DeployedFunction visible(
      @Nullable DeployedModule module, FunctionPath path, Visibility visibility) {
    DeployedFunction function = module == null ? null : module.function(path.function());
    return function != null && (visibility == Visibility.ALL || function.isPublic())
        ? function
        : null;
  }

  /** The kind of a function, or null if there is none that the caller may see. */
  @Nullable FunctionKind kindOf(Transaction transaction, FunctionPath path, Visibility visibility) {
    DeployedFunction function =
        visible(catalog.module(transaction, path.module()), path, visibility);
    return function == null ? null : function.kind();
  }

  static void checkKind(FunctionPath path, FunctionKind expected, FunctionKind actual) {
    if (actual != expected) {
      throw wrongKind(path, expected, actual);
    }
  }

  static FreshetException wrongKind(FunctionPath path, FunctionKind expected, FunctionKind actual) {
    return FreshetException.badRequest(
        "FunctionPathWrongType",
        "Trying to execute "
            + path
            + " as "
            + expected.wireName()
            + ", but it is defined as "
            + actual.wireName()
            + ".");
  }

  static FreshetException notFound(FunctionPath path) {
    return FreshetException.badRequest(
        "FunctionPathNotFound", "Could not find public function for '" + path.stripped() + "'.");
  }

  private ArrayValue checkArgs(
      FunctionPath path,
      DeployedFunction function,
      byte[] json,
      TableNames tables,
      boolean pending) {
    ArrayValue args = parseArgs(path, json, pending);
    long size = Sizes.of(args);
    long limit = limits.get(Limit.FUNCTION_MAX_ARGS_SIZE);
    if (size > limit) {
      throw FreshetException.badRequest(
          "FunctionArgumentsTooLarge",
          "Arguments for "
              + path
              + " are too large (actual: "
              + ByteSizes.format(size)
              + ", limit: "
              + ByteSizes.format(limit)
              + ")");
    }
    Validator validator = function.argsValidator();
    if (validator != null) {
      validate(validator, args, tables);
    }
    return args;
  }

  private static void validate(Validator validator, ArrayValue args, TableNames tables) {
    Value object = args.elements().isEmpty() ? ObjectValue.EMPTY : args.elements().getFirst();
    if (args.elements().size() > 1) {
      throw FreshetException.badRequest(
          "InvalidArgs",
          "ArgumentValidationError: Expected a single object as the arguments, got "
              + args.elements().size()
              + " values.");
    }
    ValidationFailure failure = validator.check(object, tables);
    if (failure != null) {
      throw FreshetException.badRequest(
          "InvalidArgs", "ArgumentValidationError: " + failure.text());
    }
  }

  private static ArrayValue parseArgs(FunctionPath path, byte[] json, boolean pending) {
    Value value;
    try {
      value = pending ? ValueJson.parsePending(json) : ValueJson.parse(json);
    } catch (FreshetException e) {
      throw invalidArgs(path, e.text());
    }
    return switch (value) {
      case ArrayValue array -> array;
      case ObjectValue object -> ArrayValue.of(object);
      default -> throw invalidArgs(path, "expected an object");
    };
  }

  private static FreshetException invalidArgs(FunctionPath path, String why) {
    return FreshetException.badRequest("InvalidArgs", "Invalid arguments for " + path + ": " + why);
  }
}
