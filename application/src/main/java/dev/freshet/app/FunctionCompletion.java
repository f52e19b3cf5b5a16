package dev.freshet.app;

import dev.freshet.database.TransactionUsage;
import dev.freshet.functions.ModuleEnvironment;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A finished call as the function log keeps it (spec 20 §22).
 *
 * @param kind {@code Query}, {@code Mutation}, ...
 * @param identifier path of the function; method and route of an HTTP action
 * @param streamed whether the log lines have been told while the call ran
 * @param executionNanos wall time of the call
 * @param userTime spent in JavaScript; null for a cached result
 * @param error text and frames of the failure; null if it succeeded
 * @param startMillis when the call began, milliseconds since the epoch
 * @param conflict why it lost against another transaction, if it did
 * @param willRetry whether another attempt follows
 * @param httpStatus of the response of an HTTP action
 */
record FunctionCompletion(
    String kind,
    String identifier,
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
    boolean willRetry,
    boolean streamed,
    @Nullable Integer httpStatus,
    ModuleEnvironment environment)
    implements LogEntry {

  /** What the call used of the database. */
  record Usage(
      long readBytes, long readDocuments, long writtenBytes, long writtenDocuments, int memoryMb) {
    static final Usage NONE = new Usage(0, 0, 0, 0, 0);

    private static final int MEMORY_MB = 64; // what every call may use
    private static final int NODE_MEMORY_MB = 512;

    /**
     * @param heapBytes 0: unknown
     */
    static Usage ofAction(ModuleEnvironment environment, long heapBytes) {
      long seen = (heapBytes + (1 << 20) - 1) >> 20;
      int most = environment == ModuleEnvironment.NODE ? NODE_MEMORY_MB : MEMORY_MB;
      return new Usage(0, 0, 0, 0, heapBytes == 0 ? most : (int) seen);
    }

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
  @Override
  public ObjectNode json(double seconds, FunctionLog.LineFormat format, boolean whole) {
    ObjectNode entry = Json.object();
    entry.put("kind", "Completion");
    entry.put("udfType", kind);
    entry.putNull("componentPath");
    entry.put("identifier", identifier);
    entry.set("logLines", CallLogLine.json(streamed && !whole ? List.of() : logLines, format));
    entry.put("timestamp", seconds);
    entry.put("cachedResult", cached);
    entry.put("caller", context.caller().label());
    entry.put(
        "parentExecutionId", context.parent() == null ? null : context.parent().executionId());
    entry.put("executionTime", executionNanos / 1e9);
    entry.put("userExecutionTime", userTime == null ? null : userTime.toNanos() / 1e9);
    if (httpStatus == null) {
      entry.putNull("success");
    } else {
      entry.putObject("success").put("status", httpStatus.toString());
    }
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
    entry.put("environment", environment.wireName());
    return entry;
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
