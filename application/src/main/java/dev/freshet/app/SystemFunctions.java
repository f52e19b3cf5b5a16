package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The functions {@code _system/...} that the CLI and the dashboard call (spec 20 §25, 60 §2-3):
 * native code over the caller's transaction, so that subscriptions, the cache and journals work for
 * them as for any function. For administrators only. Thread-safe.
 */
final class SystemFunctions {
  private static final String FOLDER = "_system/";

  private final CursorCodec cursors;
  private final Map<String, SystemQuery> queries = new HashMap<>();

  /**
   * What a system function returned.
   *
   * @param journal to be kept with the result and given back at the next run; null: none
   */
  record Answer(Value value, @Nullable String journal) {}

  /**
   * @param op what its caller must be permitted; null: any administrator may call it
   */
  record SystemQuery(@Nullable DeploymentOp op, Function<SystemCall, Value> code) {}

  SystemFunctions(CursorCodec cursors, ModuleCatalog catalog, EnvironmentVariables environment) {
    this.cursors = cursors;
    new CliFunctions(catalog, environment).register(this::register);
    new DashboardFunctions(catalog, environment).register(this::register);
  }

  /** Functions that clients know and Freshet does not have yet, below {@code _system/}. */
  private static final Map<String, FunctionKind> UNBUILT = new HashMap<>();

  static {
    for (String query :
        List.of(
            "cli/exports:getLatest",
            "cli/queryImport",
            "cli/queryImport:list",
            "frontend/fileStorageV2:fileMetadata",
            "frontend/fileStorageV2:getFile",
            "frontend/fileStorageV2:numFiles",
            "frontend/latestExport",
            "frontend/latestExport:canExportFileStorage",
            "frontend/latestExport:latestCloudExport",
            "frontend/listConfiguredSinks",
            "frontend/listCronJobRuns",
            "frontend/listCronJobs",
            "frontend/listDeploymentEventsFromTime",
            "frontend/listTableScan",
            "frontend/node:version",
            "frontend/paginatedDeploymentEvents",
            "frontend/paginatedScheduledJobs",
            "frontend/paginatedTableDocuments",
            "frontend/scheduler:getArgs",
            "frontend/snapshotImport:list")) {
      UNBUILT.put(FOLDER + query, FunctionKind.QUERY);
    }
    for (String mutation :
        List.of(
            "frontend/addDocument",
            "frontend/clearTablePage",
            "frontend/createTable",
            "frontend/deleteDocuments",
            "frontend/fileStorageV2:deleteFile",
            "frontend/fileStorageV2:deleteFiles",
            "frontend/fileStorageV2:generateUploadUrl",
            "frontend/patchDocumentsFields",
            "frontend/replaceDocument")) {
      UNBUILT.put(FOLDER + mutation, FunctionKind.MUTATION);
    }
  }

  /** Takes a function's path below {@code _system/}. */
  interface Registry {
    void add(String path, @Nullable DeploymentOp op, Function<SystemCall, Value> code);
  }

  private void register(String path, @Nullable DeploymentOp op, Function<SystemCall, Value> code) {
    queries.put(FOLDER + path, new SystemQuery(op, code));
  }

  /** What the function is, built or not; null if there is none of that name. */
  @Nullable FunctionKind kind(FunctionPath path) {
    return queries.containsKey(path.stripped()) ? FunctionKind.QUERY : UNBUILT.get(path.stripped());
  }

  /**
   * Calls a function.
   *
   * @param transaction its scope must be that of the system
   * @param journal what an earlier run of the same live query answered
   * @throws FreshetException 403 {@code BadDeployKey} or {@code OperationNotPermitted}; {@code
   *     NotYetAvailable} for functions that are not built; what is wrong with the arguments
   */
  Answer call(
      Transaction transaction,
      Identity identity,
      FunctionPath path,
      ObjectValue args,
      @Nullable String journal) {
    if (!identity.isAdmin()) {
      throw KeyBroker.badDeployKey();
    }
    SystemQuery query = queries.get(path.stripped());
    if (query == null) {
      throw FreshetException.notYetAvailable("The system function " + path.stripped());
    }
    if (query.op() != null) {
      identity.require(query.op());
    }
    Value component = args.fields().get("componentId");
    if (component instanceof Value.StringValue id && !isRoot(transaction, id.value())) {
      throw FreshetException.notYetAvailable("Looking into components");
    }
    SystemCall call = new SystemCall(transaction, args, cursors, journal);
    Value value = query.code().apply(call);
    return new Answer(value, call.journal());
  }

  private static boolean isRoot(Transaction transaction, String componentId) {
    return DeploymentTables.COMPONENTS.all(transaction).stream()
        .anyMatch(row -> row.id().encode().equals(componentId));
  }
}
