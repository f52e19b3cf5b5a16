package dev.freshet.database;

import static dev.freshet.values.Limit.TRANSACTION_MAX_NUM_SCHEDULED;
import static dev.freshet.values.Limit.TRANSACTION_MAX_NUM_USER_WRITES;
import static dev.freshet.values.Limit.TRANSACTION_MAX_READ_SET_INTERVALS;
import static dev.freshet.values.Limit.TRANSACTION_MAX_READ_SIZE_BYTES;
import static dev.freshet.values.Limit.TRANSACTION_MAX_READ_SIZE_ROWS;
import static dev.freshet.values.Limit.TRANSACTION_MAX_SCHEDULED_TOTAL_ARGUMENT_SIZE_BYTES;
import static dev.freshet.values.Limit.TRANSACTION_MAX_SYSTEM_NUM_WRITES;
import static dev.freshet.values.Limit.TRANSACTION_MAX_SYSTEM_WRITE_SIZE_BYTES;
import static dev.freshet.values.Limit.TRANSACTION_MAX_USER_WRITE_SIZE_BYTES;

import dev.freshet.database.TransactionUsage.Metric;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import org.jspecify.annotations.Nullable;

/** The counters of a transaction and the ceilings in force (spec 40 §7.2). */
final class Usage {
  long bytesRead;
  long bytesWritten;
  long databaseQueries;
  long documentsRead;
  long documentsWritten;
  long systemDocumentsWritten;
  long systemBytesWritten;

  /** What queries have shown ahead of being read. */
  private long documentsAhead;

  private long bytesAhead;

  /** The ceilings; a nested call with a budget narrows them for its time. */
  Ceilings limits;

  private final long maxSystemWrites;
  private final long maxSystemBytes;
  private final long maxScheduled;
  private final long maxScheduledBytes;

  Usage(Limits limits) {
    this.limits =
        new Ceilings(
            limits.get(TRANSACTION_MAX_READ_SIZE_BYTES),
            limits.get(TRANSACTION_MAX_USER_WRITE_SIZE_BYTES),
            limits.get(TRANSACTION_MAX_READ_SET_INTERVALS),
            limits.get(TRANSACTION_MAX_READ_SIZE_ROWS),
            limits.get(TRANSACTION_MAX_NUM_USER_WRITES));
    maxSystemWrites = limits.get(TRANSACTION_MAX_SYSTEM_NUM_WRITES);
    maxSystemBytes = limits.get(TRANSACTION_MAX_SYSTEM_WRITE_SIZE_BYTES);
    maxScheduled = limits.get(TRANSACTION_MAX_NUM_SCHEDULED);
    maxScheduledBytes = limits.get(TRANSACTION_MAX_SCHEDULED_TOTAL_ARGUMENT_SIZE_BYTES);
  }

  record Ceilings(
      long bytesRead,
      long bytesWritten,
      long databaseQueries,
      long documentsRead,
      long documentsWritten) {}

  /** The ceilings for a nested call: what is used already plus its budget, never more than now. */
  Ceilings narrowed(TransactionBudget budget) {
    return new Ceilings(
        narrowed(limits.bytesRead(), bytesRead, budget.bytesRead()),
        narrowed(limits.bytesWritten(), bytesWritten, budget.bytesWritten()),
        narrowed(limits.databaseQueries(), databaseQueries, budget.databaseQueries()),
        narrowed(limits.documentsRead(), documentsRead, budget.documentsRead()),
        narrowed(limits.documentsWritten(), documentsWritten, budget.documentsWritten()));
  }

  private static long narrowed(long ceiling, long used, @Nullable Long budget) {
    return budget == null ? ceiling : Math.min(ceiling, used + budget);
  }

  /** Counts one write; the size of the new document, 0 for a deletion. */
  void write(boolean systemTable, long size) {
    if (systemTable) {
      systemDocumentsWritten++;
      systemBytesWritten += size;
      if (systemDocumentsWritten > maxSystemWrites || systemBytesWritten > maxSystemBytes) {
        throw FreshetException.internal("a transaction writes too much to system tables", null);
      }
      return;
    }
    documentsWritten++;
    bytesWritten += size;
    if (documentsWritten > limits.documentsWritten()) {
      throw limit(
          "TooManyWrites",
          "Too many writes in a single function execution (limit: "
              + limits.documentsWritten()
              + ")");
    }
    if (bytesWritten > limits.bytesWritten()) {
      throw limit(
          "TooManyBytesWritten",
          "Too many bytes written in a single function execution (limit: "
              + evenly(limits.bytesWritten())
              + ")");
    }
  }

  /** Whether more than three quarters of what may be read was read (spec 40 §6.4). */
  boolean isApproachingReadLimit() {
    return documentsRead > limits.documentsRead() / 4.0 * 3
        || bytesRead > limits.bytesRead() / 4.0 * 3;
  }

  void showAhead(long documents, long bytes) {
    documentsAhead += documents;
    bytesAhead += bytes;
  }

  /** Whether reading all that was shown ahead would stay below three quarters of the limits. */
  boolean hasRoomAhead() {
    return documentsRead + documentsAhead < limits.documentsRead() / 4.0 * 3
        && bytesRead + bytesAhead < limits.bytesRead() / 4.0 * 3;
  }

  private static FreshetException limit(String code, String text) {
    return new FreshetException(ErrorClass.PAGINATION_LIMIT, code, text);
  }

  /** The size in the largest unit in which it has at most one decimal, else in bytes. */
  static String evenly(long bytes) {
    String[] names = {"GiB", "GB", "MiB", "MB", "KiB", "KB"};
    long[] units = {1L << 30, 1_000_000_000, 1L << 20, 1_000_000, 1L << 10, 1000};
    for (int i = 0; i < units.length; i++) {
      if (bytes >= units[i] && bytes * 10 % units[i] == 0) {
        long tenths = bytes * 10 / units[i];
        String amount =
            tenths % 10 == 0 ? Long.toString(tenths / 10) : tenths / 10 + "." + tenths % 10;
        return amount + " " + names[i];
      }
    }
    return bytes + " bytes";
  }

  TransactionUsage metrics() {
    return new TransactionUsage(
        new Metric(bytesRead, limits.bytesRead()),
        new Metric(bytesWritten, limits.bytesWritten()),
        new Metric(databaseQueries, limits.databaseQueries()),
        new Metric(documentsRead, limits.documentsRead()),
        new Metric(documentsWritten, limits.documentsWritten()),
        new Metric(0, maxScheduled),
        new Metric(0, maxScheduledBytes));
  }
}
