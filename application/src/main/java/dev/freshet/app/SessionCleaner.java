package dev.freshet.app;

import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.Document;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.QueryStream;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value.Float64Value;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets, after two weeks, which mutations a session has executed (spec 40 §10.5): a few records
 * in a transaction, so that it disturbs nobody.
 */
final class SessionCleaner implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SessionCleaner.class);
  private static final WriteSource SOURCE = WriteSource.system("system_table_cleanup");
  private static final int ROWS_AT_ONCE = 64;
  private static final long LONGEST_WAIT_MILLIS = Duration.ofMinutes(30).toMillis();
  private static final long WAIT_BETWEEN_BATCHES_MILLIS = 250;

  private final Database database;
  private final Clock clock;
  private final RandomGenerator random;
  private final double lifeMillis;
  private final Thread thread;

  SessionCleaner(Database database, Limits limits, Clock clock, RandomGenerator random) {
    this.database = database;
    this.clock = clock;
    this.random = random;
    this.lifeMillis =
        Duration.ofHours(limits.get(Limit.MAX_SESSION_CLEANUP_DURATION_HOURS)).toMillis();
    this.thread = Thread.ofVirtual().name("session-cleaner").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep((long) (LONGEST_WAIT_MILLIS * random.nextDouble()));
        while (cleanSafely() == ROWS_AT_ONCE) {
          Thread.sleep(WAIT_BETWEEN_BATCHES_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private int cleanSafely() {
    try {
      return clean();
    } catch (FreshetException e) {
      log.warn("Old session records could not be deleted, will try later", e);
      return 0;
    }
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
    try {
      database.commit(transaction, SOURCE);
      return deleted;
    } catch (ConflictException e) {
      return 0;
    }
  }

  private boolean isOld(Document record) {
    return record.value().get("_creationTime") instanceof Float64Value(double created)
        && created < clock.unixMillis() - lifeMillis;
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
