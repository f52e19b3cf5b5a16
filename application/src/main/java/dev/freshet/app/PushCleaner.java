package dev.freshet.app;

import dev.freshet.database.Database;
import dev.freshet.database.Leftovers;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;

/** Ends pushes and imports that were given up, and forgets schemas that nobody needs any more. */
final class PushCleaner implements CleaningScheduler.Chore {
  private static final WriteSource SOURCE = WriteSource.system("system_table_cleanup");

  private final Database database;

  PushCleaner(Database database) {
    this.database = database;
  }

  @Override
  public boolean step() {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    Leftovers.remove(transaction);
    var _ = database.commit(transaction, SOURCE);
    return false;
  }
}
