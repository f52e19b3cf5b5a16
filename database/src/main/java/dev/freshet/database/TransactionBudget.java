package dev.freshet.database;

import org.jspecify.annotations.Nullable;

/**
 * The {@code transactionLimits} of a nested call (spec 40 §7.2): how much it may use on top of what
 * is used already, never beyond the caller's own ceiling. Null: no bound of its own. Counts, and
 * bytes by spec 40 §1.4.
 */
public record TransactionBudget(
    @Nullable Long bytesRead,
    @Nullable Long bytesWritten,
    @Nullable Long databaseQueries,
    @Nullable Long documentsRead,
    @Nullable Long documentsWritten,
    @Nullable Long functionsScheduled,
    @Nullable Long scheduledFunctionArgsBytes) {
  public static final TransactionBudget NONE =
      new TransactionBudget(null, null, null, null, null, null, null);
}
