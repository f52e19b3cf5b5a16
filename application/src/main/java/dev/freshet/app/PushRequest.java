package dev.freshet.app;

import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code start_push} (spec 20 §6), checked as far as that needs nothing but the body
 * itself.
 *
 * @param functionsDirectory from convex.json, e.g. {@code convex/}
 * @param changed modules that came with their source, by canonical path; the schema and the app's
 *     definition are not among them
 * @param unchanged modules that the client believes to be here already, by canonical path
 * @param serverVersion the npm package's version
 * @param nodeDependencies packages that {@code "use node"} modules import
 */
record PushRequest(
    boolean dryRun,
    boolean forCodegen,
    String functionsDirectory,
    @Nullable PushedModule definition,
    @Nullable PushedModule schema,
    Map<String, PushedModule> changed,
    Map<String, UnchangedModule> unchanged,
    String serverVersion,
    List<NodeDependency> nodeDependencies,
    @Nullable String nodeVersion) {
  private static final Set<String> NODE_VERSIONS = Set.of("20", "22", "24");
  private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d+\\.\\d+([-+].*)?");

  /** A module that was not sent again. */
  record UnchangedModule(String path, ModuleEnvironment environment, String sha256) {}

  record NodeDependency(String name, String version) {}

  /** Whether nothing that users could observe may be changed. */
  boolean withoutEffect() {
    return dryRun || forCodegen;
  }

  /**
   * @throws FreshetException {@code InvalidConfig} and the other codes of spec 20 §6; {@code
   *     NotYetAvailable} for components
   */
  static PushRequest parse(JsonNode body, Limits limits) {
    JsonNode app = body.path("appDefinition");
    if (!app.isObject()) {
      throw invalid("appDefinition must be an object");
    }
    refuseComponents(body, app);
    JsonNode sent = app.has("changedModules") ? app.get("changedModules") : app.path("functions");
    Map<String, PushedModule> changed = changedModules(sent);
    Map<String, UnchangedModule> unchanged = unchangedModules(app.path("unchangedModuleHashes"));
    for (String path : unchanged.keySet()) {
      if (changed.containsKey(path)) {
        throw conflict(path);
      }
    }
    String directory = body.path("functions").asString("convex/");
    checkCount(changed, unchanged, directory, limits);
    return new PushRequest(
        body.path("dryRun").asBoolean(false),
        body.path("forCodegen").asBoolean(false),
        directory,
        optionalModule(app.path("definition")),
        optionalModule(app.path("schema")),
        changed,
        unchanged,
        version(app),
        nodeDependencies(body.path("nodeDependencies")),
        nodeVersion(body.path("nodeVersion")));
  }

  private static void refuseComponents(JsonNode body, JsonNode app) {
    String path = app.path("dependencies").path(0).asString("");
    if (path.isEmpty()) {
      path = body.path("componentDefinitions").path(0).path("definitionPath").asString("");
    }
    if (!path.isEmpty() || !body.path("componentDefinitions").isEmpty()) {
      throw FreshetException.badRequest(
          "InvalidConvexConfig",
          "The app uses the component \""
              + path
              + "\", but components are not available yet in Freshet.");
    }
  }

  private static Map<String, PushedModule> changedModules(JsonNode list) {
    Map<String, PushedModule> modules = new LinkedHashMap<>();
    for (JsonNode node : list(list, "changedModules")) {
      PushedModule module = module(node);
      if (modules.put(module.path(), module) != null) {
        throw conflict(module.path());
      }
    }
    return modules;
  }

  private static Map<String, UnchangedModule> unchangedModules(JsonNode list) {
    Map<String, UnchangedModule> modules = new LinkedHashMap<>();
    for (JsonNode node : list(list, "unchangedModuleHashes")) {
      String path = ModulePath.canonicalize(text(node, "path"));
      UnchangedModule module =
          new UnchangedModule(path, environment(node, path), text(node, "sha256"));
      if (modules.put(path, module) != null) {
        throw conflict(path);
      }
    }
    return modules;
  }

  private static @Nullable PushedModule optionalModule(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? null : module(node);
  }

  private static PushedModule module(JsonNode node) {
    String path = ModulePath.canonicalize(text(node, "path"));
    JsonNode map = node.path("sourceMap");
    return new PushedModule(
        path,
        text(node, "source"),
        map.isString() ? map.stringValue() : null,
        environment(node, path));
  }

  private static ModuleEnvironment environment(JsonNode node, String path) {
    JsonNode environment = node.path("environment");
    if (environment.isMissingNode() || environment.isNull()) {
      // Old clients marked Node.js modules by their folder.
      return path.startsWith("actions/") ? ModuleEnvironment.NODE : ModuleEnvironment.ISOLATE;
    }
    for (ModuleEnvironment known : ModuleEnvironment.values()) {
      if (known.wireName().equals(environment.asString(""))) {
        return known;
      }
    }
    throw invalid("\"" + environment.asString("") + "\" is not an environment of a module");
  }

  private static void checkCount(
      Map<String, ?> changed, Map<String, ?> unchanged, String directory, Limits limits) {
    long maximum = limits.get(Limit.MAX_USER_MODULES);
    List<String> paths = new ArrayList<>(changed.keySet());
    paths.addAll(unchanged.keySet());
    long files = paths.stream().filter(path -> !ModulePath.isDependency(path)).count();
    // Shared chunks are made by the bundler: twice as many modules may exist, chunks included.
    if (files > maximum || paths.size() > 2 * maximum) {
      throw FreshetException.badRequest(
          "InvalidModules",
          "Too many function files ("
              + Math.max(files, paths.size() - maximum)
              + " > maximum "
              + maximum
              + ") in \""
              + directory
              + "\". Raise MAX_USER_MODULES on the server to push more.");
    }
  }

  private static String version(JsonNode app) {
    String version = text(app, "udfServerVersion");
    if (!VERSION.matcher(version).matches()) {
      throw invalid("udfServerVersion \"" + version + "\" is not a version");
    }
    return version;
  }

  private static List<NodeDependency> nodeDependencies(JsonNode list) {
    List<NodeDependency> dependencies = new ArrayList<>();
    for (JsonNode node : list(list, "nodeDependencies")) {
      dependencies.add(new NodeDependency(text(node, "name"), text(node, "version")));
    }
    return List.copyOf(dependencies);
  }

  private static @Nullable String nodeVersion(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    String version = node.asString("");
    if (version.equals("18")) {
      throw FreshetException.badRequest(
          "NodeVersionNotSupported", "Node.js 18 is not supported. Use one of 20, 22, 24.");
    }
    if (!NODE_VERSIONS.contains(version)) {
      throw invalid("nodeVersion must be one of 20, 22, 24");
    }
    return version;
  }

  private static JsonNode list(JsonNode node, String field) {
    if (!node.isMissingNode() && !node.isNull() && !node.isArray()) {
      throw invalid(field + " must be an array");
    }
    return node;
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isString()) {
      throw invalid(field + " must be a string");
    }
    return value.stringValue();
  }

  private static FreshetException conflict(String path) {
    return FreshetException.badRequest(
        "CanonicalizationConflict", "Two modules have the same canonical path " + path + ".");
  }

  private static FreshetException invalid(String message) {
    return FreshetException.badRequest("InvalidConfig", message + ".");
  }
}
