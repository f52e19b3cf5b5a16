package dev.freshet.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.Catalog;
import dev.freshet.database.Database;
import dev.freshet.database.IndexInfo;
import dev.freshet.database.IndexState;
import dev.freshet.database.Namespace;
import dev.freshet.database.TableInfo;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import dev.freshet.values.Value.ObjectValue;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Names, numbers and indexes of the system tables (spec 40 §4.1-4.3). A session request may take
 * several rows, which are its parts.
 */
class SystemTablesTest {
  private final Database database =
      Database.open(
          new InMemoryPersistence(),
          Clock.system(),
          new Random(),
          Limits.defaults(),
          Application.systemTables());

  @AfterEach
  void close() {
    database.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "_tables|1|by_name(name)",
        "_index|2|-",
        "_exports|4|by_state_and_ts(state,start_ts) by_requestor(requestor,_creationTime)",
        "_backend_info|5|-",
        "_udf_config|6|-",
        "_auth|7|-",
        "_db|8|-",
        "_modules|9|by_path(path) by_deleted(deleted,path)",
        "_source_packages|12|-",
        "_environment_variables|13|by_name(name)",
        "_aws_lambda_versions|14|-",
        "_deployment_audit_log|15|by_action_and_creation_time(action,_creationTime)",
        "_session_requests|17|by_session_id_and_request_id(sessionId,requestId,part)",
        "_cron_jobs|19|by_name(name)",
        "_schemas|20|by_state(state)",
        "_cron_job_logs|21|by_name_and_ts(name,ts)",
        "_log_sinks|23|-",
        "_backend_state|24|-",
        "_external_deps_packages|25|-",
        "_scheduled_jobs|27|by_next_ts(nextTs) by_udf_path_and_next_event_ts(udfPath,nextTs)"
            + " by_completed_ts(completedTs)",
        "_file_storage|28|by_storage_id(storageId)",
        "_snapshot_imports|29|-",
        "_index_worker_metadata|30|by_index_doc_id(index_id)",
        "_component_definitions|31|-",
        "_components|32|by_parent_and_name(parent,name)",
        "_function_handles|33|by_component_path(component,path)",
        "_canonical_urls|34|-",
        "_cron_next_run|35|by_next_ts(nextTs) by_cron_job_id(cronJobId)",
        "_index_backfills|36|by_index_id(indexId,_creationTime)",
        "_schema_validation_progress|37|by_schema_id(schemaId,_creationTime)",
        "_scheduled_job_args|38|-",
        "_audit_log_config|39|-",
        "_usage_limits|40|by_selector(metric,window,limitType,_creationTime)",
        "_data_sync_progress|41|by_sync_id(syncId,_creationTime)"
            + " by_last_updated(lastUpdatedMs,_creationTime)",
      })
  void everyTableHasItsNumberAndItsIndexes(String name, int number, @Nullable String indexes) {
    Catalog catalog = database.catalog();
    TableInfo table = requireNonNull(catalog.table(Namespace.ROOT, name));
    assertThat(table.number()).isEqualTo(512 + number);
    Map<String, IndexInfo> present =
        catalog.indexes(table).stream()
            .collect(Collectors.toMap(IndexInfo::descriptor, index -> index));
    assertThat(present).containsKey("by_id");
    assertThat(present.containsKey("by_creation_time")).isEqualTo(!name.equals("_index"));
    assertThat(present.values()).extracting(IndexInfo::state).containsOnly(IndexState.ENABLED);
    if (indexes != null) {
      for (String index : indexes.split(" ", -1)) {
        String descriptor = index.substring(0, index.indexOf('('));
        assertThat(present).containsKey(descriptor);
        String fields = String.join(",", requireNonNull(present.get(descriptor)).fields());
        // what _schemas calls its state is an object, indexed by what it says
        assertThat(descriptor + "(" + fields.replace("state.state", "state") + ")")
            .isEqualTo(index);
      }
    }
  }

  @Test
  void usersTablesAreNumberedFromTenThousandAndOne() {
    Transaction transaction = database.begin(TransactionOptions.USER);
    for (String name : List.of("a", "b", "c")) {
      transaction.insert(name, ObjectValue.of(Map.of()));
    }
    database.commit(transaction, WriteSource.function("", "a:b"));
    Catalog catalog = database.catalog();
    assertThat(List.of("a", "b", "c"))
        .extracting(name -> requireNonNull(catalog.table(Namespace.ROOT, name)).number())
        .containsExactly(10_001, 10_002, 10_003);
  }
}
