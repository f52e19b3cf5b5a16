package dev.freshet.server;

import dev.freshet.server.Route.Endpoint;
import dev.freshet.server.Route.Oversized;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every HTTP route of the API port (spec 50 §13), in one table. A route whose feature is not built
 * yet says so at once with status 400: clients repeat what is answered with 404 for half a minute.
 */
final class Routes {
  /** Stands in the table for the upgrade to a sync WebSocket. */
  static final Endpoint SYNC =
      exchange -> {
        throw new IllegalStateException("the sync route is no request to answer");
      };

  private final Map<String, List<Route>> plain = new HashMap<>();
  private final List<Route> patterns = new ArrayList<>();

  Routes(
      MetaEndpoints meta,
      FunctionEndpoints functions,
      DeployEndpoints deploy,
      AdminEndpoints admin,
      LogEndpoints logs) {
    unlimited("/", meta::banner);
    unlimited("/version", meta::version);
    unlimited("/instance_name", meta::instanceName);
    unlimited("/instance_version", meta::version);
    get("/.well-known/jwks.json", functions::jsonWebKeySet);
    post("/echo", meta::echo, Limit.MAX_ECHO_BYTES, Oversized.TOO_LARGE);
    post("/api/debug_event", meta::debugEvent);

    get("/api/sync", SYNC);
    get("/api/{client_version}/sync", SYNC);

    get("/api/query", functions::query);
    call("/api/query", functions::query);
    call("/api/mutation", functions::mutation);
    call("/api/action", functions::action);
    call("/api/function", functions::function);
    call("/api/run/{*function}", functions::run);
    call("/api/query_ts", functions::queryTs);
    call("/api/query_at_ts", functions::queryAtTs);
    call("/api/query_batch", functions::queryBatch);

    push("/api/get_config_hashes", deploy::configHashes);
    push("/api/deploy2/start_push", deploy::startPush);
    push("/api/deploy2/evaluate_push", deploy::evaluatePush);
    push("/api/deploy2/evaluate_schema", deploy::evaluateSchema);
    push("/api/deploy2/finish_push", deploy::finishPush);
    push("/api/deploy2/report_push_completed", deploy::reportPushCompleted);
    add(
        new Route(
            "POST",
            "/api/deploy2/wait_for_schema",
            Limit.MAX_PUSH_BYTES,
            Oversized.BAD_JSON,
            true,
            deploy::waitForSchema));

    get("/api/check_admin_key", admin::checkAdminKey);
    get("/api/v1/deployment_info", admin::deploymentInfo);
    get("/api/shapes2", admin::shapes);
    get("/api/conflicts", admin::conflicts);
    get("/api/v1/get_canonical_urls", admin::canonicalUrls);
    for (String prefix : List.of("/api", "/api/v1")) {
      post(prefix + "/update_environment_variables", admin::updateEnvironmentVariables);
      get(prefix + "/list_environment_variables", admin::listEnvironmentVariables);
      unavailable("POST", "Setting canonical URLs", prefix + "/update_canonical_url");
    }

    for (String prefix : List.of("/api", "/api/app_metrics")) {
      unlimited(prefix + "/stream_function_logs", logs::functionLogs);
      unlimited(prefix + "/stream_udf_execution", logs::udfExecution);
    }
    addUnavailable();
  }

  /** What the protocol knows and this server does not do yet. */
  private void addUnavailable() {
    unavailable("GET", "The metrics endpoint", "/metrics");
    unavailable(
        "GET",
        "An OpenAPI document",
        "/api/public_openapi.json",
        "/api/dashboard_openapi.json",
        "/api/v1/openapi.json");
    unavailable("POST", "File storage", "/api/storage/upload");
    unavailable("GET", "File storage", "/api/storage/{id}");
    unavailable("POST", "The old push protocol", "/api/push_config", "/api/prepare_schema");
    unavailable("POST", "Reading back a push", "/api/get_config");
    unavailable("GET", "Watching a schema", "/api/schema_state/{schema_id}");
    unavailable("POST", "Running a test query", "/api/run_test_function");
    unavailable(
        "POST",
        "Importing data",
        "/api/import",
        "/api/import/start_upload",
        "/api/import/upload_part",
        "/api/import/finish_upload",
        "/api/perform_import",
        "/api/cancel_import");
    unavailable(
        "POST",
        "Exporting data",
        "/api/export/request/zip",
        "/api/export/set_expiration/{snapshot_id}",
        "/api/export/cancel/{snapshot_id}");
    unavailable("GET", "Exporting data", "/api/export/zip/{id}");
    unavailable("GET", "Listing indexes", "/api/get_indexes");
    unavailable("POST", "Deleting tables", "/api/delete_tables");
    unavailable("POST", "Deleting components", "/api/delete_component");
    unavailable(
        "POST",
        "Scheduling functions",
        "/api/delete_scheduled_functions_table",
        "/api/cancel_job",
        "/api/cancel_all_jobs");
    unavailable("GET", "Function metrics", "/api/app_metrics/{metric}");
    for (String method : List.of("GET", "POST")) {
      unavailable(method, "Streaming data out", "/api/document_deltas", "/api/list_snapshot");
    }
    unavailable(
        "GET",
        "Streaming data out",
        "/api/json_schemas",
        "/api/get_table_column_names",
        "/api/test_streaming_export_connection",
        "/api/v1/data/list_active_syncs");
    unavailable(
        "POST", "Streaming data out", "/api/data_sync_cursor_from_deltas", "/api/v1/data/sync");
    for (String method : List.of("GET", "POST", "PUT")) {
      unavailable(method, "Streaming data in", "/api/streaming_import/{*operation}");
    }
    unavailable("POST", "Actions", "/api/actions/{operation}");
    unavailable("GET", "The audit log", "/api/v1/list_audit_log_events");
    unavailable("GET", "Usage limits", "/api/v1/list_usage_limits", "/api/v1/get_current_usage");
    unavailable(
        "POST",
        "Usage limits",
        "/api/v1/create_usage_limit",
        "/api/v1/update_usage_limit/{id}",
        "/api/v1/delete_usage_limit/{id}");
    unavailable("GET", "Log streams", "/api/v1/list_log_streams", "/api/v1/get_log_stream/{id}");
    unavailable(
        "POST",
        "Log streams",
        "/api/v1/create_log_stream",
        "/api/v1/update_log_stream/{id}",
        "/api/v1/delete_log_stream/{id}",
        "/api/v1/rotate_webhook_secret/{id}");
    unavailable(
        "POST", "Pausing the deployment", "/api/v1/pause_deployment", "/api/v1/unpause_deployment");
  }

  /**
   * Where a path leads.
   *
   * @param route null if the path exists with other methods only
   * @param allowed the methods of the path
   */
  record Match(@Nullable Route route, Map<String, String> parameters, List<String> allowed) {}

  /** Null if no route has this path. */
  @Nullable Match find(String method, String path) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    List<String> allowed = new ArrayList<>();
    for (Route route : plain.getOrDefault(path, List.of())) {
      if (route.method().equals(wanted)) {
        return new Match(route, Map.of(), List.of());
      }
      allowed.add(route.method());
    }
    for (Route route : patterns) {
      Map<String, String> parameters = route.match(path);
      if (parameters != null) {
        if (route.method().equals(wanted)) {
          return new Match(route, parameters, List.of());
        }
        allowed.add(route.method());
      }
    }
    return allowed.isEmpty() ? null : new Match(null, Map.of(), allowed);
  }

  private void get(String pattern, Endpoint endpoint) {
    add(new Route("GET", pattern, null, Oversized.TOO_LARGE, false, endpoint));
  }

  private void unlimited(String pattern, Endpoint endpoint) {
    add(new Route("GET", pattern, null, Oversized.TOO_LARGE, true, endpoint));
  }

  private void post(String pattern, Endpoint endpoint) {
    add(new Route("POST", pattern, null, Oversized.BAD_JSON, false, endpoint));
  }

  private void post(String pattern, Endpoint endpoint, Limit limit, Oversized oversized) {
    add(new Route("POST", pattern, limit, oversized, false, endpoint));
  }

  private void call(String pattern, Endpoint endpoint) {
    post(pattern, endpoint, Limit.MAX_BACKEND_PUBLIC_API_REQUEST_SIZE, Oversized.BAD_JSON);
  }

  private void push(String pattern, Endpoint endpoint) {
    post(pattern, endpoint, Limit.MAX_PUSH_BYTES, Oversized.BAD_JSON);
  }

  private void unavailable(String method, String feature, String... paths) {
    Endpoint endpoint =
        exchange -> {
          throw FreshetException.notYetAvailable(feature);
        };
    for (String path : paths) {
      add(new Route(method, path, null, Oversized.TOO_LARGE, false, endpoint));
    }
  }

  private void add(Route route) {
    if (route.isPlain()) {
      plain.computeIfAbsent(route.pattern(), _ -> new ArrayList<>()).add(route);
    } else {
      patterns.add(route);
    }
  }
}
