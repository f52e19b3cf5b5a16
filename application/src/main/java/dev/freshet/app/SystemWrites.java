package dev.freshet.app;

import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import java.util.function.Function;

/** Runs the server's own transactions until they no longer lose against concurrent commits. */
final class SystemWrites {
  private final Database database;
  private final int attempts;

  /**
   * @param attempts at least 1; after so many the conflict is the caller's
   */
  SystemWrites(Database database, int attempts) {
    this.database = database;
    this.attempts = attempts;
  }

  /**
   * Runs {@code work} and commits what it wrote; work that fails commits nothing.
   *
   * @param work may run several times
   * @throws ConflictException if it lost every time
   */
  <T> T run(String source, Function<Transaction, T> work) {
    for (int attempt = 1; ; attempt++) {
      Transaction transaction = database.begin(TransactionOptions.SYSTEM);
      T result = work.apply(transaction);
      try {
        database.commit(transaction, WriteSource.system(source));
        return result;
      } catch (ConflictException e) {
        if (attempt >= attempts) {
          throw e;
        }
        database.awaitTimestamp(e.timestamp());
      }
    }
  }
}
