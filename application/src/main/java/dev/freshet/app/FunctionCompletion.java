package dev.freshet.app;

import dev.freshet.database.TransactionUsage;
import dev.freshet.functions.LogLine;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A finished call as the function log keeps it (spec 20 §22).
 *
 * @param kind {@code Query}, {@code Mutation}, ...
 * @param executionNanos wall time of the call
 * @param userTime spent in JavaScript; null for a cached result
 * @param error text and frames of the failure; null if it succeeded
 * @param startMillis when the call began, milliseconds since the epoch
 * @param conflict why it lost against another transaction, if it did
 * @param willRetry whether another attempt follows
 */
record FunctionCompletion(
    String kind,
    FunctionPath path,
    Identity identity,
    RequestContext context,
    String executionId,
    List<CallLogLine> logLines,
    boolean cached,
    long executionNanos,
    @Nullable Duration userTime,
    @Nullable String error,
    Usage usage,
    long returnBytes,
    long startMillis,
    @Nullable Conflict conflict,
    boolean willRetry) {

  /** What the call used of the database. */
  record Usage(
      long readBytes, long readDocuments, long writtenBytes, long writtenDocuments, int memoryMb) {
    static final Usage NONE = new Usage(0, 0, 0, 0, 0);

    private static final int MEMORY_MB = 64; // what every call may use

    static Usage of(TransactionUsage usage) {
      return new Usage(
          usage.bytesRead().used(),
          usage.documentsRead().used(),
          usage.bytesWritten().used(),
          usage.documentsWritten().used(),
          MEMORY_MB);
    }
  }

  /** The concurrent change that a mutation lost against. */
  record Conflict(
      @Nullable String table,
      @Nullable String documentId,
      @Nullable String writeSource,
      int retryCount) {}

  /**
   * The entry of the log stream.
   *
   * @param seconds when the call ended, seconds since the epoch
   */
  ObjectNode json(double seconds, FunctionLog.LineFormat format) {
    ObjectNode entry = Json.object();
    entry.put("kind", "Completion");
    entry.put("udfType", kind);
    entry.putNull("componentPath");
    entry.put("identifier", path.stripped());
    entry.set("logLines", lines(format));
    entry.put("timestamp", seconds);
    entry.put("cachedResult", cached);
    entry.put("caller", context.caller().label());
    entry.putNull("parentExecutionId");
    entry.put("executionTime", executionNanos / 1e9);
    entry.put("userExecutionTime", userTime == null ? null : userTime.toNanos() / 1e9);
    entry.putNull("success");
    entry.put("error", error);
    entry.put("requestId", context.requestId());
    entry.put("executionId", executionId);
    entry.set("usageStats", usageJson());
    if (error == null) {
      entry.put("returnBytes", returnBytes);
    } else {
      entry.putNull("returnBytes");
    }
    entry.set("occInfo", conflict == null ? null : conflictJson(conflict));
    entry.put("willRetry", willRetry);
    entry.put("executionTimestamp", startMillis / 1e3);
    entry.put("identityType", identityType());
    entry.put("environment", "isolate");
    return entry;
  }

  private ArrayNode lines(FunctionLog.LineFormat format) {
    ArrayNode lines = Json.array();
    for (CallLogLine line : logLines) {
      switch (format) {
        case TEXT -> lines.add(line.line().pretty());
        case STRUCTURED -> lines.add(structured(line));
      }
    }
    return lines;
  }

  private static ObjectNode structured(CallLogLine logged) {
    LogLine line = logged.line();
    ObjectNode node = Json.object();
    ArrayNode messages = node.putArray("messages");
    line.messages().forEach(messages::add);
    node.put("isTruncated", line.truncated());
    node.put("timestamp", line.unixMillis());
    node.put("level", line.level().name());
    if (logged.systemCode() == null) {
      node.putNull("systemMetadata");
    } else {
      node.putObject("systemMetadata").put("code", logged.systemCode());
    }
    if (line.functionPath() != null) {
      node.put("componentPath", "");
      node.put("udfPath", line.functionPath());
    }
    return node;
  }

  private ObjectNode usageJson() {
    ObjectNode node = Json.object();
    node.put("databaseReadBytes", usage.readBytes());
    node.put("databaseWriteBytes", usage.writtenBytes());
    node.put("databaseIoReadBytes", usage.readBytes());
    node.put("databaseIoWriteBytes", usage.writtenBytes());
    node.put("databaseReadDocuments", usage.readDocuments());
    node.put("databaseWriteDocuments", usage.writtenDocuments());
    node.put("databaseWriteIndexRows", usage.writtenDocuments());
    for (String unused :
        List.of(
            "storageReadBytes",
            "storageWriteBytes",
            "vectorIndexReadBytes",
            "vectorIndexWriteBytes",
            "textIndexQueryBytes",
            "textIndexWriteQueryBytes",
            "vectorIndexReadQueryBytes",
            "vectorIndexWriteQueryBytes",
            "networkEgressBytes")) {
      node.put(unused, 0);
    }
    node.put("memoryUsedMb", usage.memoryMb());
    return node;
  }

  private static ObjectNode conflictJson(Conflict conflict) {
    ObjectNode node = Json.object();
    node.put("tableName", conflict.table());
    node.put("documentId", conflict.documentId());
    node.put("writeSource", conflict.writeSource());
    node.putNull("componentPath");
    node.put("retryCount", conflict.retryCount());
    return node;
  }

  private String identityType() {
    return switch (identity) {
      case Identity.Internal _ -> "system";
      case Identity.Admin _ -> "instance_admin";
      case Identity.ActingUser _ -> "member_acting_user";
      case Identity.User _ -> "user";
      case Identity.Unknown _ -> "unknown";
    };
  }
}
