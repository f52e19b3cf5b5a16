package dev.freshet.app;

import dev.freshet.database.SystemTable;
import dev.freshet.database.SystemTable.Index;
import java.util.List;

/**
 * System tables that exist, with the names, numbers and indexes by which tools look for them,
 * though nothing here writes them yet (spec 40 §4.3). Whoever does gives them a record.
 */
final class FurtherTables {
  private static final int FIRST_NUMBER = 512;
  private static final String CREATION_TIME = "_creationTime";

  static final List<SystemTable<?>> ALL =
      List.of(
          SystemTable.untyped(
              "_exports",
              FIRST_NUMBER + 4,
              Index.of("by_state_and_ts", "state", "start_ts"),
              Index.of("by_requestor", "requestor", CREATION_TIME)),
          SystemTable.untyped("_backend_info", FIRST_NUMBER + 5),
          SystemTable.untyped("_db", FIRST_NUMBER + 8),
          SystemTable.untyped("_aws_lambda_versions", FIRST_NUMBER + 14),
          SystemTable.untyped("_log_sinks", FIRST_NUMBER + 23),
          SystemTable.untyped("_snapshot_imports", FIRST_NUMBER + 29),
          SystemTable.untyped(
              "_index_worker_metadata", FIRST_NUMBER + 30, Index.of("by_index_doc_id", "index_id")),
          SystemTable.untyped("_canonical_urls", FIRST_NUMBER + 34),
          SystemTable.untyped("_audit_log_config", FIRST_NUMBER + 39),
          SystemTable.untyped(
              "_usage_limits",
              FIRST_NUMBER + 40,
              Index.of("by_selector", "metric", "window", "limitType", CREATION_TIME)),
          SystemTable.untyped(
              "_data_sync_progress",
              FIRST_NUMBER + 41,
              Index.of("by_sync_id", "syncId", CREATION_TIME),
              Index.of("by_last_updated", "lastUpdatedMs", CREATION_TIME)));

  private FurtherTables() {}
}
