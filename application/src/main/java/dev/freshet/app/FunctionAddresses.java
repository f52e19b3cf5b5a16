package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.values.FreshetException;

/** Reads which function a host call is about (spec 30 §1.1). */
final class FunctionAddresses {
  private static final String FUNCTION_REFERENCE = "_reference/function/";
  private static final String CHILD_REFERENCE = "_reference/childComponent/";

  private FunctionAddresses() {}

  /**
   * The function that {@code functionHandle}, {@code name} or {@code reference} means, the first of
   * them that is there. Whether it exists is not checked where it is given by name.
   *
   * @throws FreshetException {@code InvalidArgument}, {@code InvalidReference}, {@code
   *     FunctionHandleNotFound}
   */
  static FunctionPath resolve(Transaction transaction, SyscallArgs args) {
    String handle = args.optionalString("functionHandle");
    if (handle != null) {
      return FunctionHandles.resolve(transaction, handle);
    }
    String name = args.optionalString("name");
    if (name == null) {
      String reference = args.optionalString("reference");
      if (reference == null) {
        throw args.invalid("Missing required argument 'name'");
      }
      name = named(reference);
    }
    try {
      return FunctionPath.parse(name);
    } catch (FreshetException e) {
      throw args.invalid("name", e.text());
    }
  }

  private static String named(String reference) {
    if (reference.startsWith(CHILD_REFERENCE)) {
      throw FreshetException.notYetAvailable("Calling functions of components");
    }
    if (!reference.startsWith(FUNCTION_REFERENCE)) {
      throw FreshetException.badRequest("InvalidReference", "Invalid reference " + reference);
    }
    return reference.substring(FUNCTION_REFERENCE.length());
  }

  /** The answer of {@code createFunctionHandle}, as JSON. */
  static String handle(Transaction transaction, String argsJson) {
    SyscallArgs args = SyscallArgs.parse("createFunctionHandle", argsJson);
    return Json.text(FunctionHandles.of(transaction, resolve(transaction, args)));
  }

  /** The arguments for the function: the object, or the legacy array. */
  static String arguments(SyscallArgs args) {
    String json = args.json("args");
    if (!json.startsWith("[") && !json.startsWith("{")) {
      throw args.invalid("args", "Value must be an Object");
    }
    return json;
  }
}
