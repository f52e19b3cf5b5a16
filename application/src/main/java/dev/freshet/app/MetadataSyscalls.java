package dev.freshet.app;

import dev.freshet.database.TransactionUsage;
import dev.freshet.database.TransactionUsage.Metric;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;

/** The answers behind {@code ctx.meta} (spec 30 §2.2). */
final class MetadataSyscalls {
  private MetadataSyscalls() {}

  /** The user that functions see; {@code null} if there is none. */
  static String userIdentity(Identity identity) {
    if (identity instanceof Identity.Unknown(FreshetException error) && error != null) {
      throw error;
    }
    UserAttributes user = identity.userAttributes();
    return user == null ? "null" : user.json();
  }

  static String snapshotTimestamp(long timestamp) {
    return ValueJson.write(Value.of(timestamp), JsonFormat.ENCODED);
  }

  static String transactionMetrics(TransactionUsage usage) {
    StringBuilder json = new StringBuilder(512).append('{');
    metric(json, "bytesRead", usage.bytesRead()).append(',');
    metric(json, "bytesWritten", usage.bytesWritten()).append(',');
    metric(json, "databaseQueries", usage.databaseQueries()).append(',');
    metric(json, "documentsRead", usage.documentsRead()).append(',');
    metric(json, "documentsWritten", usage.documentsWritten()).append(',');
    metric(json, "functionsScheduled", usage.functionsScheduled()).append(',');
    metric(json, "scheduledFunctionArgsBytes", usage.scheduledFunctionArgsBytes()).append(',');
    // No file has been used: files are not stored yet.
    metric(json, "filesRead", new Metric(0, usage.documentsRead().limit()));
    metric(json.append(','), "fileReadBytes", new Metric(0, usage.bytesRead().limit()));
    metric(json.append(','), "filesWritten", new Metric(0, usage.documentsWritten().limit()));
    metric(json.append(','), "fileWriteBytes", new Metric(0, usage.bytesWritten().limit()));
    return json.append('}').toString();
  }

  private static StringBuilder metric(StringBuilder json, String name, Metric metric) {
    return json.append('"')
        .append(name)
        .append("\":{\"used\":")
        .append(metric.used())
        .append(",\"remaining\":")
        .append(metric.remaining())
        .append('}');
  }

  static String function(FunctionPath path) {
    return "{\"name\":" + Json.text(path.stripped()) + ",\"componentPath\":\"\"}";
  }

  static String deployment(String name) {
    return "{\"name\":" + Json.text(name) + ",\"region\":null,\"class\":\"s16\"}";
  }

  static String request(RequestContext context) {
    return "{\"ip\":"
        + Json.text(context.clientAddress())
        + ",\"userAgent\":"
        + Json.text(context.userAgent())
        + ",\"requestId\":"
        + Json.text(context.requestId())
        + ",\"scheduledFunctionId\":null,\"authToken\":null}";
  }
}
