package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.Application;
import dev.freshet.app.CallOutcome;
import dev.freshet.app.ConflictReport;
import dev.freshet.app.DeploymentOp;
import dev.freshet.app.EnvironmentChange;
import dev.freshet.app.FunctionPath;
import dev.freshet.app.Identity;
import dev.freshet.app.QueryRequest;
import dev.freshet.values.FreshetException;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Small endpoints for administrators: keys, URLs, environment variables. */
final class AdminEndpoints {
  private static final FunctionPath LIST_VARIABLES =
      FunctionPath.parse("_system/cli/queryEnvironmentVariables");
  private static final byte[] NO_ARGS = "{}".getBytes(UTF_8);

  private final Application application;
  private final HttpAuthentication authentication;
  private final String cloudOrigin;
  private final String siteOrigin;

  AdminEndpoints(
      Application application,
      HttpAuthentication authentication,
      String cloudOrigin,
      String siteOrigin) {
    this.application = application;
    this.authentication = authentication;
    this.cloudOrigin = cloudOrigin;
    this.siteOrigin = siteOrigin;
  }

  /** What the key permits; an empty list says "everything" (spec 50 §9.5). */
  Reply checkAdminKey(Exchange exchange) {
    Identity identity = authentication.requireAdmin(exchange, null);
    List<String> ops = List.of();
    boolean readOnly = false;
    if (identity instanceof Identity.Admin admin) {
      ops = admin.clientOps();
      readOnly = admin.readOnly();
    } else if (identity instanceof Identity.ActingUser acting) {
      ops = acting.admin().clientOps();
      readOnly = acting.admin().readOnly();
    }
    return Reply.json(
        new JsonSink(128)
            .raw("{\"success\":true,\"allowedOps\":")
            .strings(ops)
            .raw(",\"isReadOnly\":")
            .raw(String.valueOf(readOnly))
            .raw("}")
            .toByteArray());
  }

  Reply deploymentInfo(Exchange exchange) {
    authentication.requireAdmin(exchange, DeploymentOp.VIEW_DATA);
    return Reply.json("{\"kind\":\"selfHosted\"}");
  }

  /** Which mutations lose against which writers over which documents: of our own, for operators. */
  Reply conflicts(Exchange exchange) {
    authentication.requireAdmin(exchange, DeploymentOp.VIEW_LOGS);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode lines = answer.putArray("conflicts");
    for (ConflictReport.Line line : application.conflicts().lines()) {
      lines
          .addObject()
          .put("function", line.function())
          .put("tableName", line.table())
          .put("documentId", line.document())
          .put("writeSource", line.winner())
          .put("conflicts", line.conflicts())
          .put("failures", line.failures())
          .put("mostRetries", line.mostRetries())
          .put("lastTime", line.lastMillis());
    }
    return Reply.json(AdminJson.write(answer));
  }

  Reply canonicalUrls(Exchange exchange) {
    authentication.requireAdmin(exchange, null);
    return Reply.json(
        new JsonSink(128)
            .raw("{\"convexCloudUrl\":")
            .string(cloudOrigin)
            .raw(",\"convexSiteUrl\":")
            .string(siteOrigin)
            .raw("}")
            .toByteArray());
  }

  /** What the documents of each table look like, for the data page and for tools. */
  Reply shapes(Exchange exchange) {
    authentication.requireAdmin(exchange, DeploymentOp.VIEW_DATA);
    return Reply.json(
        AdminJson.write(application.tableShapes(exchange.queryParameter("component"))));
  }

  Reply updateEnvironmentVariables(Exchange exchange) {
    authentication.requireAdmin(exchange, DeploymentOp.WRITE_ENVIRONMENT_VARIABLES);
    application.environment().update(EnvironmentChange.parse(AdminJson.body(exchange)));
    return Reply.empty(200);
  }

  /** {@code {"environmentVariables": {name: value}}}; the CLI reads the same by a query. */
  Reply listEnvironmentVariables(Exchange exchange) {
    Identity identity =
        authentication.requireAdmin(exchange, DeploymentOp.VIEW_ENVIRONMENT_VARIABLES);
    QueryRequest request =
        new QueryRequest(LIST_VARIABLES, NO_ARGS, identity, null, null, null, exchange.context());
    return switch (application.functions().query(request).outcome()) {
      case CallOutcome.Success success -> {
        ObjectNode variables = JsonNodeFactory.instance.objectNode();
        for (JsonNode row : AdminJson.parse(success.value())) {
          variables.set(row.path("name").stringValue(), row.path("value"));
        }
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.set("environmentVariables", variables);
        yield Reply.json(AdminJson.write(answer));
      }
      case CallOutcome.Failure failure ->
          throw FreshetException.internal(
              "Environment variables could not be listed: " + failure.message(), null);
    };
  }
}
