package dev.freshet.database;

/**
 * How a transaction starts.
 *
 * @param scope on whose behalf it works
 */
public record TransactionOptions(Scope scope) {
  public static final TransactionOptions USER = new TransactionOptions(Scope.USER);
  public static final TransactionOptions SYSTEM = new TransactionOptions(Scope.SYSTEM);
}
