package dev.freshet.app;

import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.FunctionModule;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.functions.ModuleSet;
import dev.freshet.values.Value;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The deployed app as transactions see it. Whoever asks depends on the answer, as on any document:
 * a push ends exactly the subscriptions of functions whose code it changed. Thread-safe.
 */
final class ModuleCatalog {
  private final ModuleStore store;

  private final ConcurrentHashMap<String, Deployed> deployed = new ConcurrentHashMap<>();

  /** What was made of a row. The row is the same object as long as it doesn't change. */
  private record Deployed(ModuleRow row, DeployedModule module) {}

  private volatile @Nullable NodeModules nodeModules;

  private record NodeModules(List<Row<ModuleRow>> rows, ModuleSet modules) {}

  ModuleCatalog(ModuleStore store) {
    this.store = store;
  }

  /**
   * The module at a canonical path; null if the app has none there. Shared chunks are no modules in
   * this sense.
   */
  @Nullable DeployedModule module(Transaction transaction, String path) {
    Row<ModuleRow> row =
        DeploymentTables.MODULES.first(transaction, DeploymentTables.BY_PATH, Value.of(path));
    if (row == null) {
      return null;
    }
    AnalyzedModule analysis = row.record().analysis();
    return analysis == null ? null : deployed(row.record(), analysis);
  }

  @SuppressWarnings("ReferenceEquality") // the quick test; equal rows are found by the other one
  private DeployedModule deployed(ModuleRow row, AnalyzedModule analysis) {
    Deployed known = deployed.get(row.path());
    if (known == null || known.row() != row) {
      DeployedModule module =
          known != null && known.row().sameCode(row)
              ? known.module()
              : new DeployedModule(
                  row.path(), row.stored().environment(), moduleSet(row.closure()), analysis);
      known = new Deployed(row, module);
      deployed.put(row.path(), known);
    }
    return known.module();
  }

  /** What all functions have in common; null before the first push. */
  @Nullable UdfConfig config(Transaction transaction) {
    List<Row<UdfConfig>> rows = DeploymentTables.UDF_CONFIG.all(transaction);
    return rows.isEmpty() ? null : rows.getFirst().record();
  }

  /** All modules in the order of their paths, shared chunks included. */
  List<Row<ModuleRow>> rows(Transaction transaction) {
    return DeploymentTables.MODULES.find(transaction, DeploymentTables.BY_PATH);
  }

  /**
   * All modules of the Node environment: one set for all of its functions, so that they share
   * processes.
   */
  @SuppressWarnings("ReferenceEquality") // the same list as long as nothing changes
  ModuleSet nodeModules(Transaction transaction) {
    List<Row<ModuleRow>> rows = rows(transaction);
    NodeModules known = nodeModules;
    if (known == null || known.rows() != rows) {
      List<StoredModule> modules =
          rows.stream()
              .map(row -> row.record().stored())
              .filter(module -> module.environment() == ModuleEnvironment.NODE)
              .toList();
      known = new NodeModules(rows, moduleSet(modules));
      nodeModules = known;
    }
    return known.modules();
  }

  ModuleSet moduleSet(List<StoredModule> modules) {
    List<FunctionModule> code = modules.stream().map(store::functionModule).toList();
    return ModuleSet.of(code);
  }
}
