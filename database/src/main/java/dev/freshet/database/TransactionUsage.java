package dev.freshet.database;

/**
 * What a transaction has used of its limits so far (spec 40 §7.2), user tables only, as {@code
 * 1.0/getTransactionMetrics} reports it.
 */
public record TransactionUsage(
    Metric bytesRead,
    Metric bytesWritten,
    Metric databaseQueries,
    Metric documentsRead,
    Metric documentsWritten,
    Metric functionsScheduled,
    Metric scheduledFunctionArgsBytes) {
  /**
   * @param used the amount used
   * @param limit the ceiling in force
   */
  public record Metric(long used, long limit) {
    /** May be negative. */
    public long remaining() {
      return limit - used;
    }
  }
}
