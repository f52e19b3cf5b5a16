package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.DeploymentTables.AuditEntry;
import dev.freshet.app.DeploymentTables.EnvironmentVariable;
import dev.freshet.database.Database;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.functions.ModuleSet;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The deployment's environment variables (spec 20 §21, 50 §10.10): those that developers set and
 * the two that tell where the deployment is. Reads go through a transaction, so that whoever read a
 * variable is run again when it changes. Thread-safe.
 */
public final class EnvironmentVariables {
  static final String CLOUD_URL = "CONVEX_CLOUD_URL";
  static final String SITE_URL = "CONVEX_SITE_URL";

  private final ModuleCatalog catalog;
  private final PushEvaluator evaluator;
  private final SystemWrites writes;
  private final SortedMap<String, String> builtIn;
  private final Limits limits;

  EnvironmentVariables(
      Database database,
      ModuleCatalog catalog,
      PushEvaluator evaluator,
      String cloudUrl,
      String siteUrl,
      Limits limits) {
    this.catalog = catalog;
    this.evaluator = evaluator;
    this.writes = new SystemWrites(database, limits.getInt(Limit.FINISH_PUSH_MAX_OCC_FAILURES));
    this.builtIn = new TreeMap<>(Map.of(CLOUD_URL, cloudUrl, SITE_URL, siteUrl));
    this.limits = limits;
  }

  /** The value that {@code process.env[name]} has; null if unset. */
  @Nullable String get(Transaction transaction, String name) {
    String value = builtIn.get(name);
    if (value != null) {
      return value;
    }
    Row<EnvironmentVariable> row = row(transaction, name);
    return row == null ? null : row.record().value();
  }

  /** What the developers set, by name. */
  SortedMap<String, String> ofUser(Transaction transaction) {
    TreeMap<String, String> variables = new TreeMap<>();
    for (Row<EnvironmentVariable> row : rows(transaction)) {
      variables.put(row.record().name(), row.record().value());
    }
    return variables;
  }

  /** Everything that functions see, by name. */
  SortedMap<String, String> all(Transaction transaction) {
    TreeMap<String, String> variables = new TreeMap<>(builtIn);
    variables.putAll(ofUser(transaction));
    return variables;
  }

  /** The rows in the order of their names. */
  List<Row<EnvironmentVariable>> rows(Transaction transaction) {
    return DeploymentTables.ENVIRONMENT_VARIABLES.find(transaction, DeploymentTables.BY_NAME);
  }

  /**
   * Applies changes, all or none; removals count before settings.
   *
   * @throws FreshetException 400 with the codes of spec 20 §21; those of the auth config, if it
   *     would not evaluate any more
   */
  public void update(List<EnvironmentChange> changes) {
    for (EnvironmentChange change : changes) {
      change.check(limits);
    }
    writes.run(
        "update_environment_variables",
        transaction -> {
          apply(transaction, changes);
          return changes;
        });
  }

  private void apply(Transaction transaction, List<EnvironmentChange> changes) {
    List<AppDefinition.DeclaredVariable> declared = declared(transaction);
    for (EnvironmentChange change : changes) {
      checkDeclared(change, declared);
      if (builtIn.containsKey(change.name())) {
        throw FreshetException.badRequest(
            "EnvVarNameForbidden",
            "Environment variable with name \""
                + change.name()
                + "\" is built-in and cannot be overridden");
      }
    }
    for (EnvironmentChange change : changes) {
      if (change.value() == null) {
        remove(transaction, change.name());
      }
    }
    for (EnvironmentChange change : changes) {
      if (change.value() != null) {
        set(transaction, change.name(), change.value());
      }
    }
    SortedMap<String, String> variables = ofUser(transaction);
    checkSize(variables);
    reevaluateAuthConfig(transaction);
  }

  private void remove(Transaction transaction, String name) {
    Row<EnvironmentVariable> row = row(transaction, name);
    if (row != null) {
      DeploymentTables.ENVIRONMENT_VARIABLES.delete(transaction, row.id());
      audit(transaction, "delete_environment_variable", name);
    }
  }

  private void set(Transaction transaction, String name, String value) {
    Row<EnvironmentVariable> row = row(transaction, name);
    EnvironmentVariable variable = new EnvironmentVariable(name, value);
    if (row == null) {
      DeploymentTables.ENVIRONMENT_VARIABLES.insert(transaction, variable);
      audit(transaction, "create_environment_variable", name);
    } else if (!row.record().equals(variable)) {
      DeploymentTables.ENVIRONMENT_VARIABLES.replace(transaction, row.id(), variable);
      audit(transaction, "update_environment_variable", name);
    }
  }

  private static void audit(Transaction transaction, String action, String name) {
    DeploymentTables.AUDIT_LOG.insert(
        transaction, new AuditEntry(action, Fields.build().put("variable_name", name).object()));
  }

  private @Nullable Row<EnvironmentVariable> row(Transaction transaction, String name) {
    return DeploymentTables.ENVIRONMENT_VARIABLES.first(
        transaction, DeploymentTables.BY_NAME, Value.of(name));
  }

  private static List<AppDefinition.DeclaredVariable> declared(Transaction transaction) {
    return DeploymentTables.COMPONENT_DEFINITIONS.all(transaction).stream()
        .flatMap(row -> row.record().environment().stream())
        .toList();
  }

  private static void checkDeclared(
      EnvironmentChange change, List<AppDefinition.DeclaredVariable> declared) {
    for (AppDefinition.DeclaredVariable variable : declared) {
      if (!variable.name().equals(change.name())) {
        continue;
      }
      if (change.value() != null) {
        variable.check(change.value());
      } else if (!variable.optional()) {
        throw FreshetException.badRequest(
            "RequiredEnvironmentVariable",
            "Environment variable \""
                + change.name()
                + "\" is required by the app's definition and cannot be removed.");
      }
    }
  }

  private void checkSize(SortedMap<String, String> variables) {
    long maximum = limits.get(Limit.ENV_VAR_LIMIT);
    if (variables.size() > maximum) {
      throw FreshetException.badRequest(
          "EnvVarLimitMet",
          "There may be at most " + maximum + " environment variables (ENV_VAR_LIMIT).");
    }
    long total = 0;
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      total += variable.getKey().length() + variable.getValue().getBytes(UTF_8).length;
    }
    long totalMaximum = limits.get(Limit.ENV_VAR_TOTAL_SIZE_LIMIT);
    if (total > totalMaximum) {
      throw FreshetException.badRequest(
          "EnvVarTotalSizeLimitMet",
          "All environment variables together may have at most "
              + totalMaximum
              + " bytes (ENV_VAR_TOTAL_SIZE_LIMIT).");
    }
  }

  /** The auth config is code that reads variables: it must evaluate with the new ones, too. */
  private void reevaluateAuthConfig(Transaction transaction) {
    Row<ModuleRow> module =
        DeploymentTables.MODULES.first(
            transaction, DeploymentTables.BY_PATH, Value.of(ModulePath.AUTH_CONFIG));
    UdfConfig config = catalog.config(transaction);
    if (module == null || config == null) {
      return;
    }
    ModuleSet modules = catalog.moduleSet(module.record().closure());
    List<AuthConfig.Provider> providers;
    try {
      providers = evaluator.authConfig(modules, config.importPhase(), all(transaction));
    } catch (FreshetException e) {
      if (!e.code().equals("InvalidAuthConfig")) {
        throw e;
      }
      throw FreshetException.badRequest(
          "InvalidAuthConfig",
          "This change would make the auth config invalid: "
              + e.text().replace(AuthConfig.INVALID, ""));
    }
    AuthConfig.store(transaction, providers);
  }
}
