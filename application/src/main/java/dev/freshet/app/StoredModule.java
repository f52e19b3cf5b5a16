package dev.freshet.app;

import static java.util.Objects.requireNonNull;

import dev.freshet.functions.ModuleEnvironment;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A module whose code is in the blob store.
 *
 * @param path canonical
 * @param sha256 the hash by which clients know it, of source and map, in hexadecimal
 * @param sourceKey the blob with source and map
 * @param compiledKey the blob with the script that runners load
 * @param compilerVersion the compiler that made that script
 * @param importNames last components of everything it may import, see {@link ModuleImports}
 */
record StoredModule(
    String path,
    ModuleEnvironment environment,
    String sha256,
    String sourceKey,
    String compiledKey,
    String compilerVersion,
    List<String> importNames) {

  /** What tells apart two modules' code, wherever they are. */
  String codeIdentity() {
    return path + '\n' + environment + '\n' + sourceKey + '\n';
  }

  ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("path", path)
            .put("environment", environment.wireName())
            .put("sha256", sha256)
            .put("source", sourceKey)
            .put("compiled", compiledKey)
            .put("compiler", compilerVersion);
    importNames.forEach(json.putArray("importNames")::add);
    return json;
  }

  /** Reads what {@link #toJson} wrote. */
  static StoredModule fromJson(JsonNode json) {
    return new StoredModule(
        requireNonNull(json.get("path")).stringValue(),
        environment(requireNonNull(json.get("environment")).stringValue()),
        requireNonNull(json.get("sha256")).stringValue(),
        requireNonNull(json.get("source")).stringValue(),
        requireNonNull(json.get("compiled")).stringValue(),
        requireNonNull(json.get("compiler")).stringValue(),
        json.path("importNames").valueStream().map(JsonNode::stringValue).toList());
  }

  static ModuleEnvironment environment(String wireName) {
    return wireName.equals(ModuleEnvironment.NODE.wireName())
        ? ModuleEnvironment.NODE
        : ModuleEnvironment.ISOLATE;
  }
}
