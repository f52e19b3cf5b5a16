package dev.freshet.values;

/**
 * Every limit of the product, with its client-compatible default (spec 30 §9, 40 §13; decision 10).
 * Read the value in force from {@link Limits}; the constant's name is also the environment variable
 * that changes it.
 */
public enum Limit {
  // Values and documents.
  MAX_VALUE_SIZE(32L << 20, Unit.BYTES, "size of any value"),
  MAX_VALUE_NESTING(64, Unit.COUNT, "nesting levels of any value"),
  MAX_DOCUMENT_SIZE(1L << 20, Unit.BYTES, "size of a document"),
  MAX_DOCUMENT_NESTING(16, Unit.COUNT, "nesting levels of a document"),
  MAX_OBJECT_FIELDS(1024, Unit.COUNT, "fields of one object"),
  MAX_ARRAY_LENGTH(8192, Unit.COUNT, "elements of one array"),
  // Transactions.
  TRANSACTION_MAX_READ_SIZE_ROWS(32_000, Unit.COUNT, "documents read by one function"),
  TRANSACTION_MAX_READ_SIZE_BYTES(16L << 20, Unit.BYTES, "bytes read by one function"),
  TRANSACTION_MAX_READ_SET_INTERVALS(4096, Unit.COUNT, "index ranges read by one function"),
  TRANSACTION_MAX_NUM_USER_WRITES(16_000, Unit.COUNT, "documents written by one function"),
  TRANSACTION_MAX_USER_WRITE_SIZE_BYTES(16L << 20, Unit.BYTES, "bytes written by one function"),
  TRANSACTION_MAX_SYSTEM_NUM_WRITES(40_000, Unit.COUNT, "system documents written at once"),
  TRANSACTION_MAX_SYSTEM_WRITE_SIZE_BYTES(128L << 20, Unit.BYTES, "system bytes written at once"),
  TRANSACTION_MAX_NUM_SCHEDULED(1000, Unit.COUNT, "functions scheduled by one function"),
  TRANSACTION_MAX_SCHEDULED_TOTAL_ARGUMENT_SIZE_BYTES(
      16L << 20, Unit.BYTES, "arguments of all functions scheduled by one function"),
  MAX_USER_TABLES(10_000, Unit.COUNT, "user tables"),
  MAX_INDEXES_PER_TABLE(64, Unit.COUNT, "indexes of one table"),
  MAX_FIELDS_PER_INDEX(16, Unit.COUNT, "fields of one index, _creationTime included"),
  MAX_QUERY_OPERATORS(256, Unit.COUNT, "operators of one query"),
  MAX_PAGE_SIZE(32_000, Unit.COUNT, "documents asked of one page"),
  // Functions.
  FUNCTION_MAX_ARGS_SIZE(16L << 20, Unit.BYTES, "size of a function's arguments"),
  FUNCTION_MAX_RESULT_SIZE(16L << 20, Unit.BYTES, "size of a function's result"),
  SYSTEM_FUNCTION_MAX_RESULT_SIZE(24L << 20, Unit.BYTES, "size of a system function's result"),
  DATABASE_UDF_USER_TIMEOUT_SECONDS(1, Unit.SECONDS, "JavaScript time of a query or mutation"),
  DATABASE_UDF_SYSTEM_TIMEOUT_SECONDS(15, Unit.SECONDS, "time a query or mutation may wait"),
  ISOLATE_ANALYZE_USER_TIMEOUT_SECONDS(4, Unit.SECONDS, "evaluation of one module at push"),
  ISOLATE_MAX_USER_HEAP_SIZE(64L << 20, Unit.BYTES, "JavaScript heap of a call"),
  ISOLATE_MAX_ARRAY_BUFFER_TOTAL_SIZE(64L << 20, Unit.BYTES, "ArrayBuffers of a call"),
  MAX_REACTOR_CALL_DEPTH(8, Unit.COUNT, "depth of nested calls"),
  MAX_SYSCALL_BATCH_SIZE(16, Unit.COUNT, "reads executed as one batch"),
  MAX_LOG_LINES(256, Unit.COUNT, "log lines of one call"),
  MAX_LOG_LINE_LENGTH(32_768, Unit.BYTES, "length of a log line"),
  MAX_ERROR_MESSAGE_LENGTH(65_536, Unit.BYTES, "length of an error message"),
  APPLICATION_MAX_CONCURRENT_QUERIES(16, Unit.COUNT, "queries running at once"),
  APPLICATION_MAX_CONCURRENT_MUTATIONS(16, Unit.COUNT, "mutations running at once"),
  APPLICATION_FUNCTION_RUNNER_SEMAPHORE_TIMEOUT(5, Unit.SECONDS, "wait for a place to run"),
  UDF_EXECUTOR_OCC_MAX_RETRIES(4, Unit.COUNT, "re-runs of a mutation that lost a conflict"),
  ISOLATE_QUEUE_SIZE(2000, Unit.COUNT, "calls, or requests, waiting for a place to run"),
  ISOLATE_QUEUE_IDLE_TIMEOUT_MS(
      2000, Unit.MILLISECONDS, "time for which a queue must be long to be overload"),
  ISOLATE_QUEUE_CONGESTED_TIMEOUT_MS(200, Unit.MILLISECONDS, "wait for a place to run in overload"),
  MUTATION_TURN_TIMEOUT_MILLIS(
      30_000, Unit.MILLISECONDS, "wait of a mutation for others that change the same documents"),
  UDF_CACHE_MAX_SIZE(100L << 20, Unit.BYTES, "query cache"),
  // Committer and subscriptions.
  COMMITTER_QUEUE_SIZE(128, Unit.COUNT, "commits waiting for the committer"),
  SEND_COMMIT_MESSAGE_TIMEOUT_MILLIS(500, Unit.MILLISECONDS, "wait for a place in that queue"),
  SUBSCRIPTIONS_MAX(1_000_000, Unit.COUNT, "live subscriptions"),
  // Background work.
  INDEX_RETENTION_DELAY(
      240, Unit.SECONDS, "how long a snapshot can be read after a newer one has replaced it"),
  DOCUMENT_RETENTION_DELAY(
      240, Unit.SECONDS, "how long replaced and deleted revisions of documents stay in the log"),
  INDEX_BACKFILL_ROWS_PER_SECOND(
      50_000, Unit.COUNT, "entries added to new indexes in a second, all tables together"),
  // Push.
  MAX_PUSH_BYTES(200_000_000, Unit.BYTES, "body of a push, decompressed"),
  MAX_USER_MODULES(4096, Unit.COUNT, "modules of a push"),
  MAX_ZIPPED_PACKAGES_SIZE(90_000_000, Unit.BYTES, "modules of a push, compressed"),
  MAX_UNZIPPED_PACKAGES_SIZE(230_000_000, Unit.BYTES, "modules of a push, uncompressed"),
  FINISH_PUSH_MAX_OCC_FAILURES(8, Unit.COUNT, "attempts to activate a push"),
  ENV_VAR_LIMIT(512, Unit.COUNT, "environment variables"),
  ENV_VAR_NAME_LENGTH(256, Unit.BYTES, "name of an environment variable"),
  ENV_VAR_VALUE_LENGTH(8192, Unit.BYTES, "value of an environment variable"),
  ENV_VAR_TOTAL_SIZE_LIMIT(512L << 10, Unit.BYTES, "all environment variables together"),
  // HTTP and WebSocket.
  MAX_BACKEND_PUBLIC_API_REQUEST_SIZE((16L << 20) + 2000, Unit.BYTES, "body of a function call"),
  MAX_ECHO_BYTES(128L << 20, Unit.BYTES, "body of /echo"),
  MAX_CONCURRENT_REQUESTS(128, Unit.COUNT, "HTTP requests handled at once"),
  HTTP_SERVER_TIMEOUT_SECONDS(300, Unit.SECONDS, "duration of an HTTP request"),
  SYNC_MAX_MESSAGE_SIZE(64L << 20, Unit.BYTES, "WebSocket message of a client"),
  UPDATE_QUERY_CONCURRENCY(20, Unit.COUNT, "queries of one WebSocket running at once"),
  SYNC_MAX_PENDING_MUTATIONS(1000, Unit.COUNT, "mutations waiting on one WebSocket"),
  SYNC_MAX_SEND_TRANSITION_COUNT(2, Unit.COUNT, "unsent transitions of one WebSocket"),
  MAX_UDF_EXECUTION(1000, Unit.COUNT, "function executions kept for the log stream"),
  MAX_SESSION_CLEANUP_DURATION_HOURS(336, Unit.HOURS, "life of a mutation's idempotency record");

  /** What a limit counts. */
  public enum Unit {
    COUNT,
    BYTES,
    MILLISECONDS,
    SECONDS,
    HOURS
  }

  private final long defaultValue;
  private final Unit unit;
  private final String meaning;

  Limit(long defaultValue, Unit unit, String meaning) {
    this.defaultValue = defaultValue;
    this.unit = unit;
    this.meaning = meaning;
  }

  public long defaultValue() {
    return defaultValue;
  }

  public Unit unit() {
    return unit;
  }

  /** What is limited, as half a sentence for the documentation. */
  public String meaning() {
    return meaning;
  }
}
