package dev.freshet.app;

import dev.freshet.database.TransactionUsage;
import dev.freshet.database.TransactionUsage.Metric;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import org.jspecify.annotations.Nullable;

/** The answers behind {@code ctx.meta} (spec 30 §2.2). */
final class MetadataSyscalls {
  private MetadataSyscalls() {}

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
    metric(json, "scheduledFunctionArgsBytes", usage.scheduledFunctionArgsBytes());
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
    return "{\"name\":" + text(path.stripped()) + ",\"componentPath\":\"\"}";
  }

  static String deployment(String name) {
    return "{\"name\":" + text(name) + ",\"region\":null,\"class\":\"s16\"}";
  }

  static String request(RequestContext context) {
    return "{\"ip\":"
        + text(context.clientAddress())
        + ",\"userAgent\":"
        + text(context.userAgent())
        + ",\"requestId\":"
        + text(context.requestId())
        + ",\"scheduledFunctionId\":null,\"authToken\":null}";
  }

  private static String text(@Nullable String text) {
    return text == null ? "null" : ValueJson.write(Value.of(text), JsonFormat.ENCODED);
  }
}
