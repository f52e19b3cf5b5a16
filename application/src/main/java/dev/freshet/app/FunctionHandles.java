package dev.freshet.app;

import dev.freshet.app.DeploymentTables.FunctionHandle;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.NullValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
   * Makes the handles fit what is deployed. Touches only those of functions that came or went.
   *
   * @param modules all modules of the app
   * @param now nanoseconds since the epoch
   */
  static void update(Transaction transaction, List<ModuleRow> modules, long now) {
    Set<String> deployed = new TreeSet<>();
    for (ModuleRow module : modules) {
      if (module.analysis() != null) {
        for (var function : module.analysis().functions()) {
          deployed.add(new FunctionPath(module.path(), function.name()).stripped());
        }
      }
    }
    Map<String, Row<FunctionHandle>> existing = new HashMap<>();
    for (Row<FunctionHandle> row : DeploymentTables.FUNCTION_HANDLES.all(transaction)) {
      existing.put(row.record().path(), row);
    }
    for (String path : deployed) {
      Row<FunctionHandle> row = existing.remove(path);
      if (row == null) {
        DeploymentTables.FUNCTION_HANDLES.insert(transaction, new FunctionHandle(path, null));
      } else if (row.record().deletedTs() != null) {
        DeploymentTables.FUNCTION_HANDLES.replace(
            transaction, row.id(), new FunctionHandle(path, null));
      }
    }
    for (Row<FunctionHandle> row : existing.values()) {
      if (row.record().deletedTs() == null) {
        DeploymentTables.FUNCTION_HANDLES.replace(
            transaction, row.id(), new FunctionHandle(row.record().path(), now));
      }
    }
  }

  private static FreshetException notFound() {
    return FreshetException.badRequest("FunctionHandleNotFound", "Function handle not found");
  }
}
