package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.storage.blob.BlobStore;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.ValueJson;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the end of a push has to know from its start, kept as a blob between them and afterwards.
 * The client only carries the blob's hash from one to the other, so what is activated is what was
 * evaluated, whatever the client does to the rest of the answer.
 *
 * @param modules what becomes the rows of {@code _modules}; their package id is not set yet
 * @param schemaJson null if the app has none
 * @param packages null if its Node modules import nothing from npm
 * @param environment {@link PushEvaluator#fingerprint} of the variables it was evaluated with
 */
record PushManifest(
    String functionsDirectory,
    UdfConfig config,
    List<ModuleRow> modules,
    @Nullable String schemaJson,
    AppDefinition definition,
    List<AuthConfig.Provider> auth,
    String environment,
    List<PushRequest.NodeDependency> nodeDependencies,
    @Nullable String nodeVersion,
    long size,
    @Nullable ExternalPackages packages) {
  private static final int FORMAT = 1;

  static PushManifest of(PreparedPush push) {
    List<ModuleRow> modules = new ArrayList<>();
    for (EvaluatedApp.EvaluatedModule module : push.app().modules().values()) {
      List<StoredModule> closure = new ArrayList<>();
      if (module.analysis() == null) {
        closure.add(module.stored()); // nobody calls a shared chunk
      } else {
        for (String path : module.closure()) {
          EvaluatedApp.EvaluatedModule loaded = push.app().modules().get(path);
          if (loaded != null) {
            closure.add(loaded.stored());
          }
        }
      }
      modules.add(
          new ModuleRow(module.stored(), "", module.analysis(), module.analysisKey(), closure));
    }
    return new PushManifest(
        push.request().functionsDirectory(),
        push.config(),
        modules,
        push.schema() == null ? null : push.schema().toJson(),
        push.app().definition(),
        push.app().auth(),
        PushEvaluator.fingerprint(push.environment()),
        push.request().nodeDependencies(),
        push.request().nodeVersion(),
        push.size(),
        push.packages());
  }

  /** Stores the manifest and returns its key. */
  String store(BlobStore blobs) {
    byte[] content = Json.writeBytes(toJson());
    String key = Hashes.sha256Hex(content);
    blobs.put(key, content);
    return key;
  }

  /**
   * @throws FreshetException {@code MissingSourcePackage} if no push made a manifest of that key
   */
  static PushManifest load(BlobStore blobs, String key) {
    // Renewed first, so that it isn't cleaned up while it becomes the deployed one.
    byte[] content = key.matches("[0-9a-f]{64}") && blobs.renew(key) ? blobs.get(key) : null;
    if (content == null) {
      throw missing();
    }
    JsonNode json = Json.parse(new String(content, UTF_8), "MissingSourcePackage");
    if (json.path("manifest").asInt(0) != FORMAT) {
      throw missing(); // some other blob
    }
    return fromJson(json);
  }

  static FreshetException missing() {
    return FreshetException.badRequest(
        "MissingSourcePackage", "The start of this push is not known here. Push again.");
  }

  private ObjectNode toJson() {
    ObjectNode json = Json.object().put("manifest", FORMAT).put("functions", functionsDirectory);
    json.putObject("config")
        .put("serverVersion", config.serverVersion())
        .put("seed", Base64.getEncoder().encodeToString(config.importPhaseSeed()))
        .put("nanos", config.importPhaseNanos());
    ArrayNode list = json.putArray("modules");
    for (ModuleRow module : modules) {
      ObjectNode node = list.addObject().put("analysisKey", module.analysisKey());
      node.set("code", module.stored().toJson());
      node.set("analysis", module.analysis() == null ? null : module.analysis().toJson());
      ArrayNode closure = node.putArray("closure");
      module.closure().forEach(loaded -> closure.add(loaded.toJson()));
    }
    json.put("schema", schemaJson);
    json.set("definition", definition.json());
    ArrayNode providers = json.putArray("auth");
    auth.forEach(provider -> providers.add(provider.toJson()));
    json.put("environment", environment);
    ArrayNode dependencies = json.putArray("nodeDependencies");
    nodeDependencies.forEach(
        d -> dependencies.addObject().put("name", d.name()).put("version", d.version()));
    if (packages != null) {
      json.put("packages", ValueJson.write(packages.toObject(), JsonFormat.ENCODED));
    }
    return json.put("nodeVersion", nodeVersion).put("size", size);
  }

  private static PushManifest fromJson(JsonNode json) {
    JsonNode config = json.path("config");
    return new PushManifest(
        json.path("functions").asString(),
        new UdfConfig(
            config.path("serverVersion").asString(),
            Base64.getDecoder().decode(config.path("seed").asString()),
            config.path("nanos").asLong()),
        json.path("modules").valueStream().map(PushManifest::moduleRow).toList(),
        optionalText(json.path("schema")),
        AppDefinition.parse(json.path("definition")),
        json.path("auth").valueStream().map(AuthConfig::provider).toList(),
        json.path("environment").asString(),
        json.path("nodeDependencies")
            .valueStream()
            .map(
                d ->
                    new PushRequest.NodeDependency(
                        d.path("name").asString(), d.path("version").asString()))
            .toList(),
        optionalText(json.path("nodeVersion")),
        json.path("size").asLong(),
        packages(optionalText(json.path("packages"))));
  }

  private static @Nullable ExternalPackages packages(@Nullable String json) {
    return json == null ? null : ExternalPackages.fromObject(ValueJson.parseObject(json));
  }

  private static ModuleRow moduleRow(JsonNode node) {
    JsonNode analysis = node.path("analysis");
    return new ModuleRow(
        StoredModule.fromJson(node.path("code")),
        "",
        analysis.isObject() ? AnalyzedModule.fromJson(analysis) : null,
        node.path("analysisKey").asString(),
        node.path("closure").valueStream().map(StoredModule::fromJson).toList());
  }

  private static @Nullable String optionalText(JsonNode node) {
    return node.isString() ? node.stringValue() : null;
  }
}
