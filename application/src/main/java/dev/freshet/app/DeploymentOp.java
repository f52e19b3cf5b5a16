package dev.freshet.app;

import java.util.EnumSet;
import java.util.Set;

/**
 * What an administrator may do, as checked per endpoint and system function (spec 50 §9.5). The
 * constant's client name is the one the dashboard reads; {@link #action} is the one error texts
 * carry.
 */
public enum DeploymentOp {
  DEPLOY("Deploy", "deployment:deploy"),
  VIEW_ENVIRONMENT_VARIABLES("ViewEnvironmentVariables", "deployment:env:view"),
  WRITE_ENVIRONMENT_VARIABLES("WriteEnvironmentVariables", "deployment:env:write"),
  PAUSE_DEPLOYMENT("PauseDeployment", "deployment:pause"),
  UNPAUSE_DEPLOYMENT("UnpauseDeployment", "deployment:unpause"),
  VIEW_LOGS("ViewLogs", "deployment:logs:view"),
  VIEW_METRICS("ViewMetrics", "deployment:metrics:view"),
  VIEW_INTEGRATIONS("ViewIntegrations", "deployment:integrations:view"),
  WRITE_INTEGRATIONS("WriteIntegrations", "deployment:integrations:write"),
  VIEW_DATA("ViewData", "deployment:data:view"),
  WRITE_DATA("WriteData", "deployment:data:write"),
  VIEW_BACKUPS("ViewBackups", "deployment:backups:view"),
  CREATE_BACKUPS("CreateBackups", "deployment:backups:create"),
  DOWNLOAD_BACKUPS("DownloadBackups", "deployment:backups:download"),
  DELETE_BACKUPS("DeleteBackups", "deployment:backups:delete"),
  IMPORT_BACKUPS("ImportBackups", "deployment:backups:import"),
  ACT_AS_USER("ActAsUser", "deployment:functions:actAsUser"),
  RUN_INTERNAL_QUERIES("RunInternalQueries", "deployment:functions:runInternalQueries"),
  RUN_INTERNAL_MUTATIONS("RunInternalMutations", "deployment:functions:runInternalMutations"),
  RUN_INTERNAL_ACTIONS("RunInternalActions", "deployment:functions:runInternalActions"),
  RUN_TEST_QUERY("RunTestQuery", "deployment:functions:runTestQuery"),
  VIEW_AUDIT_LOG("ViewAuditLog", "deployment:auditLog:view"),
  VIEW_USAGE_LIMITS("ViewUsageLimits", "deployment:usageLimits:view"),
  WRITE_USAGE_LIMITS("WriteUsageLimits", "deployment:usageLimits:write"),
  VIEW_USAGE("ViewUsage", "deployment:usage:view");

  private static final Set<DeploymentOp> ALL = Set.copyOf(EnumSet.allOf(DeploymentOp.class));
  private static final Set<DeploymentOp> READ_ONLY =
      Set.of(
          VIEW_ENVIRONMENT_VARIABLES,
          VIEW_LOGS,
          VIEW_METRICS,
          VIEW_INTEGRATIONS,
          VIEW_DATA,
          VIEW_BACKUPS,
          DOWNLOAD_BACKUPS,
          RUN_INTERNAL_QUERIES,
          RUN_TEST_QUERY,
          VIEW_AUDIT_LOG,
          VIEW_USAGE_LIMITS,
          VIEW_USAGE);

  private final String clientName;
  private final String action;

  DeploymentOp(String clientName, String action) {
    this.clientName = clientName;
    this.action = action;
  }

  /** Everything. */
  public static Set<DeploymentOp> all() {
    return ALL;
  }

  /** What the holder of a read-only key may do. */
  public static Set<DeploymentOp> readOnly() {
    return READ_ONLY;
  }

  /** The name in {@code allowedOps} of {@code /api/check_admin_key}. */
  public String clientName() {
    return clientName;
  }

  /** The name in error texts. */
  public String action() {
    return action;
  }
}
