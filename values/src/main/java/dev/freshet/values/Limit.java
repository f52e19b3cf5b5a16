package dev.freshet.values;

/**
 * Every limit of the product, with its client-compatible default (spec 30 §9, 40 §13; decision 10).
 * Read the value in force from {@link Limits}; the constant's name is also the environment variable
 * that changes it. {@link LimitsPage} makes {@code docs/limits.md} of this.
 */
public enum Limit {
  // Values and documents.
  MAX_VALUE_SIZE(
      Area.VALUES,
      32L << 20,
      Unit.BYTES,
      "size of any value",
      "ValueTooLargeError",
      "a call may hold the server's memory many times over"),
  MAX_VALUE_NESTING(
      Area.VALUES,
      64,
      Unit.COUNT,
      "nesting levels of any value",
      "TooNestedError",
      "deeper recursion in clients, which have limits of their own"),
  MAX_DOCUMENT_SIZE(
      Area.VALUES,
      1L << 20,
      Unit.BYTES,
      "size of a document",
      "ValueTooLargeError",
      "every read, write and subscription of such a document costs its size; the clients' own"
          + " checks stay"),
  MAX_DOCUMENT_NESTING(
      Area.VALUES,
      16,
      Unit.COUNT,
      "nesting levels of a document",
      "InvalidDocumentError",
      "none for the server; data may not be accepted elsewhere"),
  MAX_OBJECT_FIELDS(
      Area.VALUES,
      1024,
      Unit.COUNT,
      "fields of one object",
      "TooManyFieldsError",
      "slower validation and shapes; data may not be accepted elsewhere"),
  MAX_ARRAY_LENGTH(
      Area.VALUES,
      8192,
      Unit.COUNT,
      "elements of one array",
      "ArrayTooLong",
      "a document that changes one element is written as a whole; data may not be accepted"
          + " elsewhere"),

  // Transactions and queries.
  TRANSACTION_MAX_READ_SIZE_ROWS(
      Area.TRANSACTIONS,
      32_000,
      Unit.COUNT,
      "documents read by one function",
      "TooManyDocumentsRead",
      "slower functions, more conflicts and more memory in the runners"),
  TRANSACTION_MAX_READ_SIZE_BYTES(
      Area.TRANSACTIONS,
      16L << 20,
      Unit.BYTES,
      "bytes read by one function",
      "TooManyBytesRead",
      "slower functions and more memory in the runners"),
  TRANSACTION_MAX_READ_SET_INTERVALS(
      Area.TRANSACTIONS,
      4096,
      Unit.COUNT,
      "index ranges read by one function",
      "TooManyReads",
      "more memory for every subscription, and more time to check every commit"),
  TRANSACTION_MAX_NUM_USER_WRITES(
      Area.TRANSACTIONS,
      16_000,
      Unit.COUNT,
      "documents written by one function",
      "TooManyWrites",
      "long commits, which all later ones wait for"),
  TRANSACTION_MAX_USER_WRITE_SIZE_BYTES(
      Area.TRANSACTIONS,
      16L << 20,
      Unit.BYTES,
      "bytes written by one function",
      "TooManyBytesWritten",
      "long commits, which all later ones wait for"),
  TRANSACTION_MAX_SYSTEM_NUM_WRITES(
      Area.TRANSACTIONS,
      40_000,
      Unit.COUNT,
      "system documents written at once",
      "InternalServerError",
      "long commits of large pushes"),
  TRANSACTION_MAX_SYSTEM_WRITE_SIZE_BYTES(
      Area.TRANSACTIONS,
      128L << 20,
      Unit.BYTES,
      "system bytes written at once",
      "InternalServerError",
      "long commits of large pushes"),
  TRANSACTION_MAX_NUM_SCHEDULED(
      Area.TRANSACTIONS,
      1000,
      Unit.COUNT,
      "functions scheduled by one function",
      "TooManyFunctionsScheduled",
      "long commits, and bursts of scheduled work"),
  TRANSACTION_MAX_SCHEDULED_TOTAL_ARGUMENT_SIZE_BYTES(
      Area.TRANSACTIONS,
      16L << 20,
      Unit.BYTES,
      "arguments of all functions scheduled by one function",
      "ScheduledFunctionsArgumentsTooLarge",
      "long commits"),
  MAX_USER_TABLES(
      Area.TRANSACTIONS,
      10_000,
      Unit.COUNT,
      "user tables",
      "TooManyTables",
      "more memory for the catalog"),
  MAX_INDEXES_PER_TABLE(
      Area.TRANSACTIONS,
      64,
      Unit.COUNT,
      "indexes of one table",
      "TooManyIndexes",
      "every write maintains every index"),
  MAX_FIELDS_PER_INDEX(
      Area.TRANSACTIONS,
      16,
      Unit.COUNT,
      "fields of one index, _creationTime included",
      "IndexTooManyFields",
      "longer keys; schemas may not be accepted elsewhere"),
  MAX_QUERY_OPERATORS(
      Area.TRANSACTIONS,
      256,
      Unit.COUNT,
      "operators of one query",
      "InvalidQuery",
      "none; the clients check the same number first"),
  MAX_PAGE_SIZE(
      Area.TRANSACTIONS,
      32_000,
      Unit.COUNT,
      "documents asked of one page",
      "PageSizeTooLarge",
      "pages beyond the documents a function may read fail all the same"),
  MAX_SOFT_PAGE_LENGTH(
      Area.TRANSACTIONS,
      6144,
      Unit.COUNT,
      "documents of a page after which a client is advised to split it",
      "",
      "larger pages stay whole: a change in one sends more"),
  DEFAULT_QUERY_PREFETCH(
      Area.TRANSACTIONS,
      32,
      Unit.COUNT,
      "rows that a walk over an index fetches first",
      "",
      "queries that want few rows read more than they show"),
  MAX_QUERY_PREFETCH(
      Area.TRANSACTIONS,
      1024,
      Unit.COUNT,
      "rows that a long walk over an index fetches at once",
      "",
      "more memory for each running query"),
  MAX_ROWS_AHEAD(
      Area.TRANSACTIONS,
      512,
      Unit.COUNT,
      "rows sent to a function before it asks for them",
      "",
      "functions that stop early have cost more"),
  MAX_BYTES_AHEAD(
      Area.TRANSACTIONS,
      256L << 10,
      Unit.BYTES,
      "bytes sent to a function before it asks for them",
      "",
      "functions that stop early have cost more"),

  // Functions.
  FUNCTION_MAX_ARGS_SIZE(
      Area.FUNCTIONS,
      16L << 20,
      Unit.BYTES,
      "size of a function's arguments",
      "FunctionArgumentsTooLarge",
      "more memory for each call"),
  FUNCTION_MAX_RESULT_SIZE(
      Area.FUNCTIONS,
      16L << 20,
      Unit.BYTES,
      "size of a function's result",
      "",
      "more memory for each call, each cached result and each client"),
  SYSTEM_FUNCTION_MAX_RESULT_SIZE(
      Area.FUNCTIONS,
      24L << 20,
      Unit.BYTES,
      "size of a system function's result",
      "",
      "more memory for each call"),
  DATABASE_UDF_USER_TIMEOUT_SECONDS(
      Area.FUNCTIONS,
      1,
      Unit.SECONDS,
      "JavaScript time of a query or mutation",
      "",
      "one slow function holds a runner, and the turn of what it changes, for as long"),
  DATABASE_UDF_SYSTEM_TIMEOUT_SECONDS(
      Area.FUNCTIONS,
      15,
      Unit.SECONDS,
      "time a query or mutation may wait",
      "SystemTimeoutError",
      "one slow function holds a runner for as long"),
  ISOLATE_ANALYZE_USER_TIMEOUT_SECONDS(
      Area.FUNCTIONS,
      4,
      Unit.SECONDS,
      "evaluation of one module at push",
      "InvalidModules",
      "pushes that hang are noticed later"),
  ISOLATE_MAX_USER_HEAP_SIZE(
      Area.FUNCTIONS,
      64L << 20,
      Unit.BYTES,
      "JavaScript heap of a call",
      "",
      "as much more memory for each runner process, one a core"),
  ISOLATE_MAX_ARRAY_BUFFER_TOTAL_SIZE(
      Area.FUNCTIONS,
      64L << 20,
      Unit.BYTES,
      "ArrayBuffers of a call",
      "",
      "as much more memory for each runner process, one a core"),
  MAX_REACTOR_CALL_DEPTH(
      Area.FUNCTIONS,
      8,
      Unit.COUNT,
      "depth of nested calls",
      "MaximumCallDepthExceeded",
      "more contexts in the memory of one call"),
  MAX_SYSCALL_BATCH_SIZE(
      Area.FUNCTIONS,
      16,
      Unit.COUNT,
      "reads executed as one batch",
      "",
      "other calls of the runner's process wait longer"),
  MAX_LOG_LINES(
      Area.FUNCTIONS,
      256,
      Unit.COUNT,
      "log lines of one call",
      "",
      "more memory for the function log"),
  MAX_LOG_LINE_LENGTH(
      Area.FUNCTIONS,
      32_768,
      Unit.BYTES,
      "length of a log line",
      "",
      "more memory for the function log"),
  MAX_ERROR_MESSAGE_LENGTH(
      Area.FUNCTIONS,
      65_536,
      Unit.BYTES,
      "length of an error message",
      "",
      "more memory for the function log, longer answers"),
  FUNCTION_LIMIT_WARNING_PERCENT(
      Area.FUNCTIONS,
      80,
      Unit.PERCENT,
      "part of a limit from which on a call is warned of it",
      "",
      "warnings come later"),
  UDF_EXECUTOR_OCC_MAX_RETRIES(
      Area.FUNCTIONS,
      4,
      Unit.COUNT,
      "re-runs of a mutation that lost a conflict",
      "OptimisticConcurrencyControlFailure",
      "mutations that collide with pushes and other system work are tried longer"),
  MUTATION_TURN_TIMEOUT_MILLIS(
      Area.FUNCTIONS,
      30_000,
      Unit.MILLISECONDS,
      "wait of a mutation for others that change the same documents",
      "TooManyConcurrentRequests",
      "callers of functions that all change one document wait longer before they are refused"),
  UDF_CACHE_MAX_SIZE(
      Area.FUNCTIONS, 100L << 20, Unit.BYTES, "query cache", "", "as much more memory"),
  MAX_UDF_EXECUTION(
      Area.FUNCTIONS,
      1000,
      Unit.COUNT,
      "function executions kept for the log stream",
      "",
      "more memory"),
  MAX_CONFLICTS_KEPT(
      Area.FUNCTIONS,
      1000,
      Unit.COUNT,
      "pairs of function and document kept for the conflict report",
      "",
      "more memory"),
  CONFLICT_REPORT_INTERVAL_SECONDS(
      Area.FUNCTIONS,
      60,
      Unit.SECONDS,
      "between two lines of the server's log about conflicts",
      "",
      "fewer lines"),

  // Actions.
  APPLICATION_MAX_CONCURRENT_V8_ACTIONS(
      Area.ACTIONS,
      64,
      Unit.COUNT,
      "actions and HTTP actions computing at once; those that only wait don't count",
      "TooManyConcurrentRequests",
      "more runner processes, or more calls in each"),
  APPLICATION_MAX_CONCURRENT_NODE_ACTIONS(
      Area.ACTIONS,
      16,
      Unit.COUNT,
      "Node actions running at once, those that wait included: each has a process",
      "TooManyConcurrentRequests",
      "a process more for each"),
  APPLICATION_FUNCTION_RUNNER_ACTION_SEMAPHORE_TIMEOUT(
      Area.ACTIONS,
      10,
      Unit.SECONDS,
      "wait of an action for a place to run when there is no overload",
      "TooManyConcurrentRequests",
      "callers wait longer before they are refused"),
  V8_ACTION_USER_TIMEOUT_SECS(
      Area.ACTIONS,
      1800,
      Unit.SECONDS,
      "an action, waiting included",
      "",
      "actions that hang hold their memory longer"),
  NODE_ACTION_USER_TIMEOUT_SECS(
      Area.ACTIONS,
      600,
      Unit.SECONDS,
      "a Node action, waiting included",
      "",
      "actions that hang hold their process longer"),
  NODE_ANALYZE_TIMEOUT_SECONDS(
      Area.ACTIONS,
      30,
      Unit.SECONDS,
      "evaluation of one Node module at push",
      "InvalidModules",
      "pushes that hang are noticed later"),
  ACTION_SHARED_TURN_SECONDS(
      Area.ACTIONS,
      5,
      Unit.SECONDS,
      "computing in one piece of an action that shares its process with other functions",
      "",
      "such an action delays its neighbours longer"),
  ACTION_CALLS_PER_PROCESS(
      Area.ACTIONS,
      128,
      Unit.COUNT,
      "actions in one process; up to twice as many if there is no memory for another process",
      "",
      "more calls end with a process that runs out of memory"),
  MAX_ACTION_CALL_DEPTH(
      Area.ACTIONS,
      32,
      Unit.COUNT,
      "depth of actions that call actions",
      "MaximumCallDepthExceeded",
      "actions that call themselves without an end use more before they are stopped"),
  MAX_ACTION_OPERATIONS(
      Area.ACTIONS,
      1000,
      Unit.COUNT,
      "calls, fetches and streams of one action at once; further ones wait",
      "",
      "one action can load the server, or another one, more"),
  MAX_ACTION_TIMERS(
      Area.ACTIONS,
      100_000,
      Unit.COUNT,
      "live timers of one action",
      "",
      "more memory for each action"),
  ACTION_STREAM_CREDIT(
      Area.ACTIONS,
      256L << 10,
      Unit.BYTES,
      "data of one stream on its way between an action and the server",
      "",
      "more memory for each streaming action"),
  ACTION_RUNNER_IDLE_SECONDS(
      Area.ACTIONS,
      30,
      Unit.SECONDS,
      "idle time after which a process for actions ends",
      "",
      "memory is given back later"),
  NODE_ACTION_IDLE_SECONDS(
      Area.ACTIONS,
      30,
      Unit.SECONDS,
      "idle time after which a process for Node actions ends",
      "",
      "memory is given back later"),
  NODE_ACTION_MAX_HEAP_SIZE(
      Area.ACTIONS,
      512L << 20,
      Unit.BYTES,
      "JavaScript heap of a Node action",
      "",
      "as much more memory for each process"),
  NODE_ACTION_MAX_ARGS_SIZE(
      Area.ACTIONS,
      5L << 20,
      Unit.BYTES,
      "size of a Node action's arguments",
      "ArgsTooLarge",
      "more memory for each call"),
  HTTP_ACTION_MAX_REQUEST_SIZE(
      Area.ACTIONS,
      20L << 20,
      Unit.BYTES,
      "body of a request to an HTTP action",
      "",
      "longer uploads, more memory where an action reads them whole"),
  HTTP_ACTION_MAX_RESPONSE_SIZE(
      Area.ACTIONS,
      20L << 20,
      Unit.BYTES,
      "body of an HTTP action's response",
      "HttpResponseTooLarge",
      "longer answers"),
  MAX_JWT_CLAIMS_SIZE(
      Area.ACTIONS,
      16L << 10,
      Unit.BYTES,
      "claims of a token that a mutation signs",
      "InvalidJwtClaims",
      "tokens that don't fit into the headers of other servers"),
  MAX_JWT_EXPIRY_SECONDS(
      Area.ACTIONS,
      3600,
      Unit.SECONDS,
      "life of a token that a mutation signs",
      "InvalidJwtExpiration",
      "stolen tokens are good for longer"),

  // Overload.
  APPLICATION_MAX_CONCURRENT_QUERIES(
      Area.OVERLOAD,
      16,
      Unit.COUNT,
      "queries running at once",
      "TooManyConcurrentRequests",
      "more memory; beyond a few for each core nothing gets faster"),
  APPLICATION_MAX_CONCURRENT_MUTATIONS(
      Area.OVERLOAD,
      16,
      Unit.COUNT,
      "mutations running at once",
      "TooManyConcurrentRequests",
      "more memory and more conflicts; beyond a few for each core nothing gets faster"),
  MAX_CONCURRENT_REQUESTS(
      Area.OVERLOAD,
      128,
      Unit.COUNT,
      "HTTP requests handled at once",
      "ExpiredInQueue",
      "more memory for bodies and answers; the calls in them wait for each other instead"),
  ISOLATE_QUEUE_SIZE(
      Area.OVERLOAD,
      2000,
      Unit.COUNT,
      "calls, or requests, waiting for a place to run",
      "ExecuteFullError",
      "more memory; longer waits at the beginning of an overload"),
  APPLICATION_FUNCTION_RUNNER_SEMAPHORE_TIMEOUT(
      Area.OVERLOAD,
      5,
      Unit.SECONDS,
      "wait of a call or request for a place to run when there is no overload",
      "TooManyConcurrentRequests",
      "none, as long as overload is noticed sooner than that"),
  OVERLOAD_WAIT_MILLIS(
      Area.OVERLOAD,
      500,
      Unit.MILLISECONDS,
      "wait for a place to run that is long: if there always is one, that is overload",
      "",
      "more load is served in full, but slowly"),
  ISOLATE_QUEUE_IDLE_TIMEOUT_MS(
      Area.OVERLOAD,
      2000,
      Unit.MILLISECONDS,
      "for how long there must be such waits, and no refusal for overload to be over",
      "",
      "longer bursts are served in full, overload is noticed later"),
  ISOLATE_QUEUE_CONGESTED_TIMEOUT_MS(
      Area.OVERLOAD,
      200,
      Unit.MILLISECONDS,
      "wait for a place to run in overload",
      "TooManyConcurrentRequests",
      "refusals and answers both come later in overload"),
  COMMITTER_QUEUE_SIZE(
      Area.OVERLOAD,
      128,
      Unit.COUNT,
      "commits waiting for the committer",
      "CommitterFullError",
      "commits wait longer before they are refused"),
  SEND_COMMIT_MESSAGE_TIMEOUT_MILLIS(
      Area.OVERLOAD,
      500,
      Unit.MILLISECONDS,
      "wait for a place in that queue",
      "CommitterFullError",
      "commits wait longer before they are refused"),
  SUBSCRIPTIONS_MAX(
      Area.OVERLOAD,
      1_000_000,
      Unit.COUNT,
      "live subscriptions",
      "SubscriptionsWorkerFullError",
      "more memory, up to 2 KB each"),

  // Database engine.
  COMMITTER_MAX_CONCURRENT_COMMITS(
      Area.DATABASE,
      512,
      Unit.COUNT,
      "commits written as one group",
      "",
      "larger groups take longer: throughput for latency"),
  WRITE_LOG_MIN_RETENTION_SECS(
      Area.DATABASE,
      30,
      Unit.SECONDS,
      "age up to which the keys of a commit stay in memory in any case",
      "InternalServerError",
      "more memory under many writes"),
  WRITE_LOG_MAX_RETENTION_SECS(
      Area.DATABASE,
      300,
      Unit.SECONDS,
      "age from which the keys of a commit leave memory in any case",
      "InternalServerError",
      "more memory; cached results survive longer pauses"),
  WRITE_LOG_SOFT_MAX_SIZE_BYTES(
      Area.DATABASE,
      50L << 20,
      Unit.BYTES,
      "size of these keys from which on they leave early",
      "",
      "as much more memory"),
  INDEX_RETENTION_DELAY(
      Area.DATABASE,
      240,
      Unit.SECONDS,
      "how long a snapshot can be read after a newer one has replaced it",
      "InternalServerError",
      "a larger database under updates"),
  DOCUMENT_RETENTION_DELAY(
      Area.DATABASE,
      240,
      Unit.SECONDS,
      "how long replaced and deleted revisions of documents stay in the log",
      "",
      "a larger database under updates"),
  INDEX_BACKFILL_ROWS_PER_SECOND(
      Area.DATABASE,
      50_000,
      Unit.COUNT,
      "entries added to new indexes in a second, all tables together",
      "",
      "new indexes are ready sooner, calls are slower meanwhile"),
  MAX_SESSION_CLEANUP_DURATION_HOURS(
      Area.DATABASE,
      336,
      Unit.HOURS,
      "life of a mutation's idempotency record",
      "",
      "a larger database; clients may be away for longer"),

  // Pushes and variables.
  MAX_PUSH_BYTES(
      Area.PUSH,
      200_000_000,
      Unit.BYTES,
      "body of a push, decompressed",
      "BadJsonBody",
      "more memory during a push"),
  MAX_USER_MODULES(
      Area.PUSH, 4096, Unit.COUNT, "modules of a push", "InvalidModules", "slower pushes"),
  MAX_ZIPPED_PACKAGES_SIZE(
      Area.PUSH,
      90_000_000,
      Unit.BYTES,
      "modules of a push, compressed",
      "ModulesTooLarge",
      "slower pushes"),
  MAX_UNZIPPED_PACKAGES_SIZE(
      Area.PUSH,
      230_000_000,
      Unit.BYTES,
      "modules of a push, uncompressed",
      "ModulesTooLarge",
      "more memory in each runner"),
  FINISH_PUSH_MAX_OCC_FAILURES(
      Area.PUSH,
      8,
      Unit.COUNT,
      "attempts to activate a push",
      "OptimisticConcurrencyControlFailure",
      "pushes against many writes of settings are tried longer"),
  ANALYZE_CONCURRENCY(
      Area.PUSH,
      4,
      Unit.COUNT,
      "modules analyzed at once",
      "",
      "pushes are quicker, calls are slower meanwhile"),
  ENV_VAR_LIMIT(
      Area.PUSH, 512, Unit.COUNT, "environment variables", "EnvVarLimitMet", "none to speak of"),
  ENV_VAR_NAME_LENGTH(
      Area.PUSH,
      256,
      Unit.BYTES,
      "name of an environment variable",
      "EnvironmentVariableNameTooLong",
      "none to speak of"),
  ENV_VAR_VALUE_LENGTH(
      Area.PUSH,
      8192,
      Unit.BYTES,
      "value of an environment variable",
      "EnvironmentVariableValueTooLarge",
      "none to speak of"),
  ENV_VAR_TOTAL_SIZE_LIMIT(
      Area.PUSH,
      512L << 10,
      Unit.BYTES,
      "all environment variables together",
      "EnvVarTotalSizeLimitMet",
      "none to speak of"),

  // HTTP and WebSocket.
  MAX_BACKEND_PUBLIC_API_REQUEST_SIZE(
      Area.CONNECTIONS,
      (16L << 20) + 2000,
      Unit.BYTES,
      "body of a function call",
      "BadJsonBody",
      "more memory for each request"),
  MAX_REQUEST_BODY_SIZE(
      Area.CONNECTIONS,
      2L << 20,
      Unit.BYTES,
      "body of any other request",
      "BadJsonBody",
      "more memory for each request"),
  MAX_ECHO_BYTES(
      Area.CONNECTIONS,
      128L << 20,
      Unit.BYTES,
      "body of /echo",
      "RequestTooLarge",
      "more memory for each request"),
  HTTP_SERVER_TIMEOUT_SECONDS(
      Area.CONNECTIONS,
      300,
      Unit.SECONDS,
      "duration of an HTTP request",
      "",
      "slow clients hold their places longer"),
  SYNC_MAX_MESSAGE_SIZE(
      Area.CONNECTIONS,
      64L << 20,
      Unit.BYTES,
      "WebSocket message of a client",
      "",
      "more memory for each connection"),
  UPDATE_QUERY_CONCURRENCY(
      Area.CONNECTIONS,
      20,
      Unit.COUNT,
      "queries of one WebSocket running at once",
      "",
      "one client takes more of what all share"),
  SYNC_MAX_PENDING_MUTATIONS(
      Area.CONNECTIONS,
      1000,
      Unit.COUNT,
      "mutations waiting on one WebSocket",
      "TooManyConcurrentMutations",
      "more memory for each connection"),
  SYNC_MAX_SEND_TRANSITION_COUNT(
      Area.CONNECTIONS,
      2,
      Unit.COUNT,
      "unsent transitions of one WebSocket",
      "",
      "more memory for slow clients, which see older states");

  /** What a limit counts. */
  public enum Unit {
    COUNT,
    BYTES,
    PERCENT,
    MILLISECONDS,
    SECONDS,
    HOURS
  }

  /** What a limit is about. */
  public enum Area {
    VALUES("Values and documents"),
    TRANSACTIONS("Transactions and queries"),
    FUNCTIONS("Functions"),
    ACTIONS("Actions"),
    OVERLOAD("Overload"),
    DATABASE("Database engine"),
    PUSH("Pushes and variables"),
    CONNECTIONS("HTTP and WebSocket");

    private final String title;

    Area(String title) {
      this.title = title;
    }

    /** A heading for the documentation. */
    public String title() {
      return title;
    }
  }

  private final Area area;
  private final long defaultValue;
  private final Unit unit;
  private final String meaning;
  private final String errorCode;
  private final String consequence;

  /**
   * @param errorCode what is answered beyond it; empty where nothing is refused, or without a code
   * @param consequence of a larger value
   */
  Limit(
      Area area,
      long defaultValue,
      Unit unit,
      String meaning,
      String errorCode,
      String consequence) {
    this.area = area;
    this.defaultValue = defaultValue;
    this.unit = unit;
    this.meaning = meaning;
    this.errorCode = errorCode;
    this.consequence = consequence;
  }

  public Area area() {
    return area;
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

  /** The code of the error beyond it; empty where there is none. */
  public String errorCode() {
    return errorCode;
  }

  /** What a larger value leads to, as half a sentence for the documentation. */
  public String consequence() {
    return consequence;
  }
}
