package dev.freshet.app;

import dev.freshet.database.Database;
import dev.freshet.database.Document;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.QueryStream;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value.Float64Value;
import java.time.Duration;

/**
 * Forgets, after two weeks, which mutations a session has executed (spec 40 §10.5): a few records
 * in a transaction, so that it disturbs nobody.
 */
final class SessionCleaner implements CleaningScheduler.Chore {
  private static final WriteSource SOURCE = WriteSource.system("system_table_cleanup");
  private static final int ROWS_AT_ONCE = 64;

  private final Database database;
  private final Clock clock;
  private final double lifeMillis;

  SessionCleaner(Database database, Limits limits, Clock clock) {
    this.database = database;
    this.clock = clock;
    this.lifeMillis =
        Duration.ofHours(limits.get(Limit.MAX_SESSION_CLEANUP_DURATION_HOURS)).toMillis();
  }

  @Override
  public boolean step() {
    return clean() == ROWS_AT_ONCE;
  }

  /** Deletes the oldest records that are past their time; returns how many. */
  int clean() {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    QueryStream records =
        transaction.query(QuerySpec.fullScan(SessionRequests.TABLE.name(), Order.ASC));
    int deleted = 0;
    while (deleted < ROWS_AT_ONCE) {
      Document record = records.next();
      if (record == null || !isOld(record)) {
        break;
      }
      SessionRequests.TABLE.delete(transaction, record.id());
      deleted++;
    }
    database.commit(transaction, SOURCE);
    return deleted;
  }

  private boolean isOld(Document record) {
    return record.value().get("_creationTime") instanceof Float64Value(double created)
        && created < clock.unixMillis() - lifeMillis;
  }
}
