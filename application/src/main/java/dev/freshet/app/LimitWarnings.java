package dev.freshet.app;

import dev.freshet.database.TransactionUsage;
import dev.freshet.database.TransactionUsage.Metric;
import dev.freshet.functions.LogLine;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lines that warn of a call that came near a limit (spec 30 §9.3). */
final class LimitWarnings {
  private static final String HELP =
      " Consider using smaller limits in your queries, paginating them, or reading a narrower range"
          + " of an index.";

  private final Limits limits;
  private final double ratio;

  LimitWarnings(Limits limits) {
    this.limits = limits;
    this.ratio = limits.get(Limit.FUNCTION_LIMIT_WARNING_PERCENT) / 100.0;
  }

  /**
   * @param resultSize 0 if the function returned nothing
   */
  List<CallLogLine> of(
      long argsSize, TransactionUsage usage, long resultSize, Duration userTime, long unixMillis) {
    List<CallLogLine> lines = new ArrayList<>(0);
    size(
        lines,
        "TooLargeFunctionArguments",
        "Large size of the function arguments",
        argsSize,
        limits.get(Limit.FUNCTION_MAX_ARGS_SIZE),
        unixMillis);
    read(
        lines,
        "TooManyDocumentsRead",
        "Many documents read",
        usage.documentsRead(),
        "",
        unixMillis);
    read(lines, "TooManyReads", "Many reads", usage.databaseQueries(), "", unixMillis);
    read(lines, "TooManyBytesRead", "Many bytes read", usage.bytesRead(), " bytes", unixMillis);
    written(lines, "TooManyWrites", "Many writes", usage.documentsWritten(), "", unixMillis);
    written(
        lines,
        "TooManyBytesWritten",
        "Many bytes written",
        usage.bytesWritten(),
        " bytes",
        unixMillis);
    size(
        lines,
        "TooLargeFunctionResult",
        "Large size of the function return value",
        resultSize,
        limits.get(Limit.FUNCTION_MAX_RESULT_SIZE),
        unixMillis);
    Duration most = Duration.ofSeconds(limits.get(Limit.DATABASE_UDF_USER_TIMEOUT_SECONDS));
    time(lines, userTime, most, unixMillis);
    return lines;
  }

  /**
   * What an action used.
   *
   * @param resultSize 0 if it returned nothing
   * @param elapsed from its begin to its end, waiting included
   * @param unawaited operations that it left running when it returned
   */
  record Action(
      long argsSize, long resultSize, Duration elapsed, Duration longest, List<String> unawaited) {}

  List<CallLogLine> ofAction(Action action, long unixMillis) {
    List<CallLogLine> lines = new ArrayList<>(0);
    if (!action.unawaited().isEmpty()) {
      lines.add(unawaited(action.unawaited(), unixMillis));
    }
    size(
        lines,
        "FunctionArgumentsTooLarge",
        "Large size of the action arguments",
        action.argsSize(),
        limits.get(Limit.FUNCTION_MAX_ARGS_SIZE),
        unixMillis);
    size(
        lines,
        "TooLargeFunctionResult",
        "Large size of the action return value",
        action.resultSize(),
        limits.get(Limit.FUNCTION_MAX_RESULT_SIZE),
        unixMillis);
    time(lines, action.elapsed(), action.longest(), unixMillis);
    return lines;
  }

  private static CallLogLine unawaited(List<String> operations, long unixMillis) {
    int count = operations.size();
    String message =
        count
            + " unawaited operation"
            + (count == 1 ? "" : "s")
            + ": ["
            + String.join(", ", operations)
            + "]. What an action does not await ends with it; see docs/functions.md.";
    return new CallLogLine(
        new LogLine(LogLine.Level.WARN, List.of(message), false, unixMillis, null),
        "UnawaitedOperations");
  }

  private void time(List<CallLogLine> lines, Duration actual, Duration most, long unixMillis) {
    if (isNear(actual.toNanos(), most.toNanos())) {
      lines.add(
          CallLogLine.warning(
              "UserTimeout",
              "Function execution took a long time. (maximum duration: "
                  + text(most)
                  + ", actual duration: "
                  + text(actual)
                  + ").",
              unixMillis));
    }
  }

  /** The line for a document that comes near its limits, or null. */
  @Nullable CallLogLine ofDocument(DocumentId id, long size, int nesting, long unixMillis) {
    List<CallLogLine> lines = new ArrayList<>(0);
    size(
        lines,
        "ValueTooLargeError",
        "Large document written with ID \"" + id.encode() + "\"",
        size,
        limits.get(Limit.MAX_DOCUMENT_SIZE),
        unixMillis);
    add(
        lines,
        "TooNestedError",
        "Deeply nested document written with ID \"" + id.encode() + "\"",
        new Metric(nesting, limits.get(Limit.MAX_DOCUMENT_NESTING)),
        " levels",
        "",
        unixMillis);
    return lines.isEmpty() ? null : lines.getFirst();
  }

  private void read(
      List<CallLogLine> lines,
      String code,
      String what,
      Metric metric,
      String unit,
      long unixMillis) {
    add(lines, code, what + " in a single function execution", metric, unit, HELP, unixMillis);
  }

  private void written(
      List<CallLogLine> lines,
      String code,
      String what,
      Metric metric,
      String unit,
      long unixMillis) {
    add(lines, code, what + " in a single function execution", metric, unit, "", unixMillis);
  }

  private void size(
      List<CallLogLine> lines, String code, String what, long size, long limit, long unixMillis) {
    add(lines, code, what, new Metric(size, limit), " bytes", "", unixMillis);
  }

  private void add(
      List<CallLogLine> lines,
      String code,
      String what,
      Metric metric,
      String unit,
      String suffix,
      long unixMillis) {
    if (isNear(metric.used(), metric.limit())) {
      lines.add(
          CallLogLine.warning(
              code,
              what
                  + " (actual: "
                  + metric.used()
                  + unit
                  + ", limit: "
                  + metric.limit()
                  + unit
                  + ")."
                  + suffix,
              unixMillis));
    }
  }

  private boolean isNear(long actual, long limit) {
    return actual > ratio * limit && actual <= limit;
  }

  /** {@code 1s}, {@code 900ms}, {@code 1.5s}. */
  static String text(Duration duration) {
    long millis = duration.toMillis();
    if (millis < 1000) {
      return millis + "ms";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : String.valueOf(millis / 1000.0) + "s";
  }
}
