package dev.freshet.app;

import dev.freshet.values.FreshetException;
import java.util.Optional;

/** Paths of modules in their canonical form, always ending in {@code .js} (spec 30 §3.4). */
final class ModulePath {
  static final String SCHEMA = "schema.js";
  static final String AUTH_CONFIG = "auth.config.js";
  static final String APP_DEFINITION = "convex.config.js";
  static final String HTTP = "http.js";
  static final String CRONS = "crons.js";

  private static final String EXTENSION = ".js";
  private static final int MAX_COMPONENT_LENGTH = 64;

  private ModulePath() {}

  /**
   * @throws FreshetException {@code BadConvexModuleIdentifier}
   */
  static String canonicalize(String path) {
    Optional<String> fault = fault(path);
    if (fault.isPresent()) {
      throw FreshetException.badRequest(
          "BadConvexModuleIdentifier",
          path + " is not a valid path to a Convex module. " + fault.get());
    }
    return path.endsWith(EXTENSION) ? path : path + EXTENSION;
  }

  /** Whether the module is a chunk that modules share: never analyzed, never called. */
  static boolean isDependency(String canonicalPath) {
    return canonicalPath.startsWith("_deps/") || canonicalPath.startsWith("actions/_deps/");
  }

  private static Optional<String> fault(String path) {
    if (path.startsWith("/")) {
      return Optional.of("Module paths must be relative.");
    }
    String bare =
        path.endsWith(EXTENSION) ? path.substring(0, path.length() - EXTENSION.length()) : path;
    String[] components = bare.split("/", -1);
    for (String component : components) {
      if (component.isEmpty()) {
        return Optional.of("A component of the path is empty.");
      }
      if (component.length() > MAX_COMPONENT_LENGTH) {
        return Optional.of(
            "The path component "
                + component
                + " is longer than "
                + MAX_COMPONENT_LENGTH
                + " characters.");
      }
      if (component.chars().anyMatch(c -> !isAlphanumeric(c) && c != '_' && c != '.')) {
        return Optional.of(
            "The path component "
                + component
                + " may only consist of letters, digits, underscores and periods.");
      }
      if (component.chars().noneMatch(ModulePath::isAlphanumeric)) {
        return Optional.of("The path component " + component + " needs a letter or a digit.");
      }
    }
    if (components[0].equals("_system")) {
      return Optional.of("The folder _system is reserved.");
    }
    return Optional.empty();
  }

  private static boolean isAlphanumeric(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
