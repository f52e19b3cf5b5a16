package dev.freshet.app;

import dev.freshet.app.DeploymentTables.AuditEntry;
import dev.freshet.app.DeploymentTables.Component;
import dev.freshet.app.FinishedPush.CronDiff;
import dev.freshet.app.FinishedPush.SchemaDiff;
import dev.freshet.database.IndexDiff;
import dev.freshet.database.Namespace;
import dev.freshet.database.SchemaDefinition;
import dev.freshet.database.SchemaStore;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The end of a push, inside one transaction (spec 20 §12): everything switches together, or nothing
 * does. Rows that stay as they are are not touched, so that nobody who depends on them is
 * disturbed.
 */
final class PushActivation {
  private final Transaction transaction;
  private final ModuleCatalog catalog;
  private final EnvironmentVariables environment;
  private final PushManifest manifest;
  private final long now;

  /**
   * @param now nanoseconds since the epoch
   */
  PushActivation(
      Transaction transaction,
      ModuleCatalog catalog,
      EnvironmentVariables environment,
      PushManifest manifest,
      long now) {
    this.transaction = transaction;
    this.catalog = catalog;
    this.environment = environment;
    this.manifest = manifest;
    this.now = now;
  }

  /**
   * @param key the manifest's
   * @param schema what the start of the push submitted; null if the app has no schema
   * @param message the developer's note for the audit log
   * @throws FreshetException {@code RaceDetected}, {@code MissingEnvironmentVariables}, {@code
   *     InvalidEnvironmentVariable}, and those of the schema's state
   */
  FinishedPush run(String key, @Nullable DocumentId schema, @Nullable String message) {
    checkEnvironment();
    UdfConfig previous = catalog.config(transaction);
    checkConfig(previous);
    AuthConfig.Diff auth = AuthConfig.store(transaction, manifest.auth());
    storeDefinition();
    String packageId = storePackage(key);
    storeExternalPackages();
    if (previous == null || !previous.serverVersion().equals(manifest.config().serverVersion())) {
      DeploymentTables.UDF_CONFIG
          .all(transaction)
          .forEach(row -> DeploymentTables.UDF_CONFIG.delete(transaction, row.id()));
      DeploymentTables.UDF_CONFIG.insert(transaction, manifest.config());
    }
    ModuleChanges modules = storeModules(packageId);
    Set<String> functions = new HashSet<>();
    manifest.modules().forEach(m -> FunctionHandles.collect(m.path(), m.analysis(), functions));
    FunctionHandles.changes(transaction, functions).make(transaction, now);
    SchemaStore schemas = SchemaStore.in(transaction, Namespace.ROOT);
    SchemaDefinition definition =
        manifest.schemaJson() == null ? null : SchemaDefinition.parse(manifest.schemaJson());
    SchemaDiff schemaDiff = applySchema(schemas, schema);
    IndexDiff indexes = schemas.applyIndexes(definition);
    String previousVersion = previous == null ? null : previous.serverVersion();
    String nextVersion = manifest.config().serverVersion();
    FinishedPush finished =
        new FinishedPush(
            previous == null,
            auth,
            modules.added(),
            modules.removed(),
            nextVersion.equals(previousVersion) ? null : previousVersion,
            nextVersion,
            modules.crons(),
            indexes,
            schemaDiff);
    audit(finished, message);
    return finished;
  }

  private void checkEnvironment() {
    if (!PushEvaluator.fingerprint(environment.all(transaction)).equals(manifest.environment())) {
      throw FreshetException.badRequest(
          "RaceDetected", "Environment variables have changed during push");
    }
    SortedMap<String, String> variables = environment.ofUser(transaction);
    List<String> missing = new ArrayList<>();
    for (AppDefinition.DeclaredVariable declared : manifest.definition().environment()) {
      String value = variables.get(declared.name());
      if (value != null) {
        declared.check(value);
      } else if (!declared.optional()) {
        missing.add(declared.name());
      }
    }
    if (!missing.isEmpty()) {
      throw FreshetException.badRequest(
          "MissingEnvironmentVariables",
          "Required environment variables are not set: "
              + String.join(", ", missing)
              + ". Set them in the Convex dashboard or CLI before pushing.");
    }
  }

  /** Two first pushes, or two with new versions, evaluate with different seeds. */
  private void checkConfig(@Nullable UdfConfig current) {
    UdfConfig pushed = manifest.config();
    if (current != null
        && current.serverVersion().equals(pushed.serverVersion())
        && current.importPhaseNanos() != pushed.importPhaseNanos()) {
      throw FreshetException.badRequest(
          "RaceDetected", "Another push was finished during this one");
    }
  }

  private void storeDefinition() {
    List<Row<AppDefinition>> definitions = DeploymentTables.COMPONENT_DEFINITIONS.all(transaction);
    DocumentId id;
    if (definitions.isEmpty()) {
      id = DeploymentTables.COMPONENT_DEFINITIONS.insert(transaction, manifest.definition());
    } else {
      Row<AppDefinition> row = definitions.getFirst();
      id = row.id();
      if (!row.record().json().equals(manifest.definition().json())) {
        DeploymentTables.COMPONENT_DEFINITIONS.replace(transaction, id, manifest.definition());
      }
    }
    if (DeploymentTables.COMPONENTS.all(transaction).isEmpty()) {
      DeploymentTables.COMPONENTS.insert(transaction, new Component(id.encode(), null, null));
    }
  }

  private String storePackage(String key) {
    SourcePackage pushed =
        new SourcePackage(
            key, manifest.functionsDirectory(), manifest.size(), manifest.nodeVersion());
    List<Row<SourcePackage>> packages = DeploymentTables.SOURCE_PACKAGES.all(transaction);
    for (Row<SourcePackage> row : packages) {
      if (row.record().equals(pushed)) {
        return row.id().encode();
      }
      DeploymentTables.SOURCE_PACKAGES.delete(transaction, row.id());
    }
    return DeploymentTables.SOURCE_PACKAGES.insert(transaction, pushed).encode();
  }

  private void storeExternalPackages() {
    ExternalPackages pushed = manifest.packages();
    boolean stored = pushed == null;
    for (Row<ExternalPackages> row : DeploymentTables.EXTERNAL_PACKAGES.all(transaction)) {
      if (row.record().equals(pushed)) {
        stored = true;
      } else {
        DeploymentTables.EXTERNAL_PACKAGES.delete(transaction, row.id());
      }
    }
    if (!stored && pushed != null) {
      DeploymentTables.EXTERNAL_PACKAGES.insert(transaction, pushed);
    }
  }

  private record ModuleChanges(List<String> added, List<String> removed, CronDiff crons) {}

  private ModuleChanges storeModules(String packageId) {
    Map<String, Row<ModuleRow>> existing = new TreeMap<>();
    for (Row<ModuleRow> row : catalog.rows(transaction)) {
      existing.put(row.record().path(), row);
    }
    Map<String, String> cronsBefore = crons(existing.get(ModulePath.CRONS));
    Map<String, String> cronsAfter = Map.of();
    List<String> added = new ArrayList<>();
    for (ModuleRow pushed : manifest.modules()) {
      Row<ModuleRow> row = existing.remove(pushed.path());
      ModuleRow module =
          new ModuleRow(
              pushed.stored(),
              packageId,
              pushed.analysis(),
              pushed.analysisKey(),
              pushed.closure());
      if (pushed.path().equals(ModulePath.CRONS)) {
        cronsAfter = crons(module.analysis());
      }
      if (row == null) {
        DeploymentTables.MODULES.insert(transaction, module);
        added.add(module.path());
      } else if (!row.record().sameCode(module)) {
        DeploymentTables.MODULES.replace(transaction, row.id(), module);
      }
    }
    existing.values().forEach(row -> DeploymentTables.MODULES.delete(transaction, row.id()));
    return new ModuleChanges(
        added, List.copyOf(existing.keySet()), cronDiff(cronsBefore, cronsAfter));
  }

  private static Map<String, String> crons(@Nullable Row<ModuleRow> row) {
    return row == null ? Map.of() : crons(row.record().analysis());
  }

  private static Map<String, String> crons(@Nullable AnalyzedModule analysis) {
    Map<String, String> crons = new HashMap<>();
    if (analysis != null && analysis.cronSpecs() != null) {
      for (AnalyzedModule.CronSpec spec : analysis.cronSpecs()) {
        crons.put(
            spec.identifier(),
            spec.functionPath() + '\n' + spec.argsJson() + '\n' + Json.write(spec.schedule()));
      }
    }
    return crons;
  }

  private static CronDiff cronDiff(Map<String, String> before, Map<String, String> after) {
    return new CronDiff(
        after.keySet().stream().filter(name -> !before.containsKey(name)).sorted().toList(),
        after.keySet().stream()
            .filter(
                name ->
                    before.containsKey(name) && !Objects.equals(before.get(name), after.get(name)))
            .sorted()
            .toList(),
        before.keySet().stream().filter(name -> !after.containsKey(name)).sorted().toList());
  }

  private @Nullable SchemaDiff applySchema(SchemaStore schemas, @Nullable DocumentId id) {
    if ((id == null) != (manifest.schemaJson() == null)) {
      throw otherSchema();
    }
    SchemaDefinition before = schemas.apply(id);
    SchemaDefinition now = schemas.active();
    String next = now == null ? null : now.toJson();
    if (!Objects.equals(next, manifest.schemaJson())) {
      throw otherSchema();
    }
    String previous = before == null ? null : before.toJson();
    return Objects.equals(previous, next) ? null : new SchemaDiff(previous, next);
  }

  private static FreshetException otherSchema() {
    return FreshetException.badRequest(
        "InvalidConfig", "The schema to activate is not the one this push began with.");
  }

  /** The entry from which the dashboard's history draws its cards (spec 60 §3.4). */
  private void audit(FinishedPush push, @Nullable String message) {
    ObjectNode metadata = Json.object();
    metadata.set("auth_diff", PushJson.finished(push).get("authDiff"));
    ObjectNode component = metadata.putArray("component_diffs").addObject();
    component.putNull("component_path");
    component.set("component_diff", PushJson.componentDiff(push));
    if (message != null) {
      metadata.put("message", message);
    }
    Value value = ValueJson.parse(Json.write(metadata));
    if (value instanceof ObjectValue object) {
      DeploymentTables.AUDIT_LOG.insert(
          transaction, new AuditEntry("push_config_with_components", object));
    }
  }
}
