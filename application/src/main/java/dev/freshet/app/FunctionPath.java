package dev.freshet.app;

import static java.util.Objects.requireNonNull;

import dev.freshet.values.FreshetException;

/**
 * The address of a function inside one component: a canonical module path and an export's name
 * (spec 30 §1.1, §3.4). The text form is {@code module/path[:export]}; the export's name defaults
 * to {@code default} and the module's {@code .js} may be left out.
 *
 * @param module canonical module path, always ending in {@code .js}, e.g. {@code messages.js}
 * @param function name of the export, e.g. {@code list}
 */
public record FunctionPath(String module, String function) {
  /** The export that a bare module path names. */
  public static final String DEFAULT_EXPORT = "default";

  private static final String EXTENSION = ".js";
  private static final String SYSTEM_FOLDER = "_system/";
  private static final int MAX_NAME_LENGTH = 64;

  public FunctionPath {
    requireNonNull(module, "module is null");
    requireNonNull(function, "function is null");
  }

  /**
   * Parses and canonicalises a path as clients send it.
   *
   * @throws FreshetException {@code BadConvexFunctionIdentifier} if the text is no function path
   */
  public static FunctionPath parse(String text) {
    int colon = text.lastIndexOf(':');
    String module = colon < 0 ? text : text.substring(0, colon);
    String function = colon < 0 ? DEFAULT_EXPORT : text.substring(colon + 1);
    if (!isIdentifier(function)) {
      throw bad(text, "\"" + function + "\" is not the name of an export");
    }
    return new FunctionPath(canonicalModule(text, module), function);
  }

  private static String canonicalModule(String text, String module) {
    String bare =
        module.endsWith(EXTENSION)
            ? module.substring(0, module.length() - EXTENSION.length())
            : module;
    if (bare.isEmpty()) {
      throw bad(text, "the module path is empty");
    }
    int start = 0;
    while (true) {
      int slash = bare.indexOf('/', start);
      int end = slash < 0 ? bare.length() : slash;
      checkComponent(text, bare, start, end);
      if (slash < 0) {
        break;
      }
      start = slash + 1;
    }
    if (bare.indexOf('.', bare.lastIndexOf('/') + 1) >= 0 && !module.endsWith(EXTENSION)) {
      throw bad(text, "the module path has an extension other than \"js\"");
    }
    return bare + EXTENSION;
  }

  private static void checkComponent(String text, String path, int start, int end) {
    if (end == start) {
      throw bad(text, "a part of the module path is empty");
    }
    if (end - start > MAX_NAME_LENGTH) {
      throw bad(text, "a part of the module path is longer than " + MAX_NAME_LENGTH);
    }
    boolean alphanumeric = false;
    for (int i = start; i < end; i++) {
      char c = path.charAt(i);
      if (isLetter(c) || isDigit(c)) {
        alphanumeric = true;
      } else if (c != '_' && c != '.') {
        throw bad(
            text, "a module path consists of letters, digits, underscores, periods and slashes");
      }
    }
    if (!alphanumeric) {
      throw bad(text, "every part of a module path needs a letter or a digit");
    }
  }

  private static boolean isIdentifier(String name) {
    if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || isDigit(name.charAt(0))) {
      return false;
    }
    boolean onlyUnderscores = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '_') {
        onlyUnderscores = false;
        if (!isLetter(c) && !isDigit(c)) {
          return false;
        }
      }
    }
    return !onlyUnderscores;
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static FreshetException bad(String text, String why) {
    return FreshetException.badRequest(
        "BadConvexFunctionIdentifier", "\"" + text + "\" is not a function path: " + why + ".");
  }

  /** Whether the function is one of the server's own, {@code _system/...}. */
  public boolean isSystem() {
    return module.startsWith(SYSTEM_FOLDER);
  }

  /** {@code messages:list}, or {@code messages} for a default export. */
  public String stripped() {
    String bare = module.substring(0, module.length() - EXTENSION.length());
    return function.equals(DEFAULT_EXPORT) ? bare : bare + ":" + function;
  }

  /** {@code messages.js:list}: the form in error texts. */
  @Override
  public String toString() {
    return module + ":" + function;
  }
}
