package dev.freshet.app;

import dev.freshet.app.DeploymentTables.FunctionHandle;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.NullValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Function handles: addresses of functions that are values, so that they can be stored and passed
 * on (spec 30 §1.1, 50 §2.5). A function keeps its handle for ever; while it is not deployed the
 * handle is void.
 */
final class FunctionHandles {
  static final String SCHEME = "function://";

  private FunctionHandles() {}

  /** Whether what a user passes as an address is a handle. */
  static boolean isHandle(String address) {
    return address.startsWith(SCHEME);
  }

  /**
   * The function of a handle.
   *
   * @throws FreshetException {@code FunctionHandleNotFound}
   */
  static FunctionPath resolve(Transaction transaction, String handle) {
    Row<FunctionHandle> row = find(transaction, handle);
    if (row == null || row.record().deletedTs() != null) {
      throw notFound();
    }
    return FunctionPath.parse(row.record().path());
  }

  private static @Nullable Row<FunctionHandle> find(Transaction transaction, String handle) {
    if (!isHandle(handle)) {
      return null;
    }
    int end = handle.indexOf('#');
    String id = handle.substring(SCHEME.length(), end < 0 ? handle.length() : end);
    try {
      return DeploymentTables.FUNCTION_HANDLES.get(transaction, DocumentId.decode(id));
    } catch (FreshetException e) {
      return null; // no id at all
    }
  }

  /**
   * The handle of a deployed function.
   *
   * @throws FreshetException {@code FunctionHandleNotFound}
   */
  static String of(Transaction transaction, FunctionPath path) {
    Row<FunctionHandle> row =
        DeploymentTables.FUNCTION_HANDLES.first(
            transaction,
            DeploymentTables.BY_COMPONENT_PATH,
            NullValue.NULL,
            Value.of(path.stripped()));
    if (row == null || row.record().deletedTs() != null) {
      throw notFound();
    }
    return SCHEME + row.id().encode() + '#' + path.stripped();
  }

  /**
   * What makes the handles fit an app: those of functions that came or went.
   *
   * @param created functions that never had one
   * @param revived those of functions that are there again
   * @param voided those of functions that are gone
   */
  record Changes(
      List<String> created, List<Row<FunctionHandle>> revived, List<Row<FunctionHandle>> voided) {
    int count() {
      return created.size() + revived.size() + voided.size();
    }

    /**
     * @param now nanoseconds since the epoch
     */
    void make(Transaction transaction, long now) {
      for (String path : created) {
        DeploymentTables.FUNCTION_HANDLES.insert(transaction, new FunctionHandle(path, null));
      }
      revived.forEach(row -> replace(transaction, row, null));
      voided.forEach(row -> replace(transaction, row, now));
    }

    private static void replace(
        Transaction transaction, Row<FunctionHandle> row, @Nullable Long deletedTs) {
      DeploymentTables.FUNCTION_HANDLES.replace(
          transaction, row.id(), new FunctionHandle(row.record().path(), deletedTs));
    }
  }

  /**
   * @param functions all functions of the app, without {@code .js}
   */
  static Changes changes(Transaction transaction, Set<String> functions) {
    Set<String> created = new TreeSet<>(functions);
    List<Row<FunctionHandle>> revived = new ArrayList<>();
    List<Row<FunctionHandle>> voided = new ArrayList<>();
    for (Row<FunctionHandle> row : DeploymentTables.FUNCTION_HANDLES.all(transaction)) {
      boolean wanted = created.remove(row.record().path());
      boolean valid = row.record().deletedTs() == null;
      if (wanted && !valid) {
        revived.add(row);
      } else if (valid && !wanted) {
        voided.add(row);
      }
    }
    return new Changes(List.copyOf(created), revived, voided);
  }

  /** Adds the functions of a module. */
  static void collect(String module, @Nullable AnalyzedModule analysis, Set<String> functions) {
    if (analysis != null) {
      for (AnalyzedModule.AnalyzedFunction function : analysis.functions()) {
        functions.add(new FunctionPath(module, function.name()).stripped());
      }
    }
  }

  private static FreshetException notFound() {
    return FreshetException.badRequest("FunctionHandleNotFound", "Function handle not found");
  }
}
