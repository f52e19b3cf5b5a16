package dev.freshet.app;

import dev.freshet.database.SystemTable;
import dev.freshet.database.SystemTable.Index;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The system tables that say what is deployed and how the deployment is set up (spec 40 §4.3, 50
 * §12).
 */
final class DeploymentTables {
  private static final int FIRST_NUMBER = 512;

  static final String BY_PATH = "by_path";
  static final String BY_NAME = "by_name";

  static final SystemTable<UdfConfig> UDF_CONFIG =
      new SystemTable<>(
          "_udf_config",
          FIRST_NUMBER + 6,
          List.of(),
          config ->
              Fields.build()
                  .put("serverVersion", config.serverVersion())
                  .put("importPhaseRngSeed", new BytesValue(config.importPhaseSeed()))
                  .put("importPhaseUnixTimestamp", new Int64Value(config.importPhaseNanos()))
                  .object(),
          document ->
              new UdfConfig(
                  Fields.text(document, "serverVersion"),
                  Fields.bytes(document, "importPhaseRngSeed"),
                  Fields.int64(document, "importPhaseUnixTimestamp")));

  /** Providers of tokens, as the JSON of {@link AuthConfig.Provider#toJson}. */
  static final SystemTable<AuthConfig.Provider> AUTH =
      new SystemTable<>(
          "_auth",
          FIRST_NUMBER + 7,
          List.of(),
          provider -> authRow(provider),
          document -> AuthConfig.provider(Json.parseStored(unquoted(document))));

  static final SystemTable<ModuleRow> MODULES =
      new SystemTable<>(
          "_modules",
          FIRST_NUMBER + 9,
          List.of(Index.of(BY_PATH, "path"), Index.of("by_deleted", "deleted", "path")),
          ModuleRow::toObject,
          ModuleRow::fromObject);

  static final SystemTable<SourcePackage> SOURCE_PACKAGES =
      new SystemTable<>(
          "_source_packages",
          FIRST_NUMBER + 12,
          List.of(),
          SourcePackage::toObject,
          SourcePackage::fromObject);

  /** An environment variable that the developer set. */
  record EnvironmentVariable(String name, String value) {
    /** Values are secrets as often as not. */
    @Override
    public String toString() {
      return "EnvironmentVariable[" + name + "]";
    }
  }

  static final SystemTable<EnvironmentVariable> ENVIRONMENT_VARIABLES =
      new SystemTable<>(
          "_environment_variables",
          FIRST_NUMBER + 13,
          List.of(Index.of(BY_NAME, "name")),
          variable ->
              Fields.build().put("name", variable.name()).put("value", variable.value()).object(),
          document ->
              new EnvironmentVariable(
                  Fields.text(document, "name"), Fields.text(document, "value")));

  /**
   * Something an administrator did.
   *
   * @param action e.g. {@code push_config_with_components}
   * @param metadata what the action says about itself (spec 60 §3.4)
   */
  record AuditEntry(String action, ObjectValue metadata) {}

  static final SystemTable<AuditEntry> AUDIT_LOG =
      new SystemTable<>(
          "_deployment_audit_log",
          FIRST_NUMBER + 15,
          List.of(Index.of("by_action_and_creation_time", "action", "_creationTime")),
          entry ->
              Fields.build()
                  .put("action", entry.action())
                  .put("metadata", entry.metadata())
                  .put("member_id", Value.NullValue.NULL)
                  .object(),
          document ->
              new AuditEntry(Fields.text(document, "action"), Fields.object(document, "metadata")));

  /** Why the deployment doesn't run functions; each part {@code none} when it does. */
  record BackendState(String system, String usageLimit, String user) {
    static final BackendState RUNNING = new BackendState("none", "none", "none");
  }

  static final SystemTable<BackendState> BACKEND_STATE =
      new SystemTable<>(
          "_backend_state",
          FIRST_NUMBER + 24,
          List.of(),
          state ->
              Fields.build()
                  .put("system", state.system())
                  .put("usage_limit", state.usageLimit())
                  .put("user", state.user())
                  .object(),
          document ->
              new BackendState(
                  Fields.text(document, "system"),
                  Fields.text(document, "usage_limit"),
                  Fields.text(document, "user")));

  /** What {@code convex.config.ts} declares; the only one is the app's. */
  static final SystemTable<AppDefinition> COMPONENT_DEFINITIONS =
      new SystemTable<>(
          "_component_definitions",
          FIRST_NUMBER + 31,
          List.of(),
          definition -> jsonObject(Json.write(definition.json())),
          document ->
              AppDefinition.parse(Json.parseStored(ValueJson.write(document, JsonFormat.EXPORT))));

  /**
   * A component: only the root so far.
   *
   * @param parent null for the root
   * @param name null for the root
   */
  record Component(String definitionId, @Nullable String parent, @Nullable String name) {}

  static final SystemTable<Component> COMPONENTS =
      new SystemTable<>(
          "_components",
          FIRST_NUMBER + 32,
          List.of(Index.of("by_parent_and_name", "parent", "name")),
          component ->
              Fields.build()
                  .put("definitionId", component.definitionId())
                  .putOptional("parent", component.parent())
                  .putOptional("name", component.name())
                  .object(),
          document ->
              new Component(
                  Fields.text(document, "definitionId"),
                  Fields.optionalText(document, "parent"),
                  Fields.optionalText(document, "name")));

  static final String BY_COMPONENT_PATH = "by_component_path";

  /**
   * The handle of a function of the root component.
   *
   * @param path stripped
   * @param deletedTs since when the function is not deployed, nanoseconds; null while it is
   */
  record FunctionHandle(String path, @Nullable Long deletedTs) {}

  static final SystemTable<FunctionHandle> FUNCTION_HANDLES =
      new SystemTable<>(
          "_function_handles",
          FIRST_NUMBER + 33,
          List.of(Index.of(BY_COMPONENT_PATH, "component", "path")),
          handle ->
              Fields.build()
                  .putNullable("component", null)
                  .put("path", handle.path())
                  .put(
                      "deletedTs",
                      handle.deletedTs() == null
                          ? Value.NullValue.NULL
                          : new Int64Value(handle.deletedTs()))
                  .object(),
          document ->
              new FunctionHandle(
                  Fields.text(document, "path"),
                  document.get("deletedTs") instanceof Int64Value(long time) ? time : null));

  /** The external packages that deployed Node modules import. */
  static final SystemTable<ExternalPackages> EXTERNAL_PACKAGES =
      new SystemTable<>(
          "_external_deps_packages",
          FIRST_NUMBER + 25,
          List.of(),
          ExternalPackages::toObject,
          ExternalPackages::fromObject);

  /** All of them, for {@code Database.open}. */
  static final List<SystemTable<?>> ALL =
      List.of(
          UDF_CONFIG,
          AUTH,
          MODULES,
          SOURCE_PACKAGES,
          ENVIRONMENT_VARIABLES,
          AUDIT_LOG,
          BACKEND_STATE,
          COMPONENT_DEFINITIONS,
          COMPONENTS,
          FUNCTION_HANDLES,
          EXTERNAL_PACKAGES);

  private DeploymentTables() {}

  private static ObjectValue jsonObject(String json) {
    return ValueJson.parseObject(json);
  }

  /** The dashboard expects the algorithm's name in a second pair of quotes. */
  private static ObjectValue authRow(AuthConfig.Provider provider) {
    var json = provider.toJson();
    if (provider instanceof AuthConfig.Provider.CustomJwt jwt) {
      json.put("algorithm", '"' + jwt.algorithm() + '"');
    }
    return jsonObject(Json.write(json));
  }

  private static String unquoted(ObjectValue document) {
    Function<String, String> strip = text -> text.replace("\\\"", "");
    return strip.apply(ValueJson.write(document, JsonFormat.EXPORT));
  }
}
