package dev.freshet.bench;

import dev.freshet.database.Database;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.RangeBound;
import dev.freshet.database.Subscription;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limits;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.ObjectValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory that a subscription takes in the database alone: the read set of a query over a range
 * of its own and a few documents that all such queries read (as modules and settings are), watched.
 */
final class SubscriptionMemory {
  private static final String TABLE = "posts";
  private static final int SHARED_DOCUMENTS = 6;
  private static final int COLLECTIONS = 3;

  private SubscriptionMemory() {}

  /** Bytes of heap per subscription. */
  static double measure(Setting setting, int count) throws IOException {
    Path directory = Files.createDirectory(setting.directory().resolve("subscriptions"));
    try (Database database =
        Database.open(
            SqlitePersistence.open(directory.resolve("db.sqlite3")),
            Clock.system(),
            new SecureRandom(),
            Limits.defaults(),
            List.of())) {
      List<DocumentId> shared = insert(database);
      Subscription[] subscriptions = new Subscription[count];
      long before = liveBytes();
      for (int i = 0; i < count; i++) {
        Transaction transaction = database.begin(TransactionOptions.USER);
        shared.forEach(transaction::get);
        var _ = transaction.query(range(i)).next();
        subscriptions[i] =
            database.subscribe(transaction.readSet(), transaction.beginTimestamp(), _ -> {});
      }
      double bytes = (double) (liveBytes() - before) / count;
      if (!subscriptions[0].validAt(database.latestTimestamp())
          || database.subscriptionCount() != count) {
        throw new IOException("some subscriptions have ended");
      }
      return bytes;
    }
  }

  private static List<DocumentId> insert(Database database) {
    Transaction transaction = database.begin(TransactionOptions.USER);
    List<DocumentId> ids = new ArrayList<>();
    for (int i = 0; i < SHARED_DOCUMENTS; i++) {
      ids.add(transaction.insert(TABLE, ObjectValue.EMPTY).id());
    }
    var _ = database.commit(transaction, WriteSource.system("bench"));
    return ids;
  }

  private static QuerySpec range(int number) {
    String field = "_creationTime";
    return QuerySpec.indexRange(
        TABLE,
        "by_creation_time",
        Order.ASC,
        List.of(
            new RangeBound(RangeBound.Comparison.GTE, field, new Float64Value(number)),
            new RangeBound(RangeBound.Comparison.LT, field, new Float64Value(number + 1.0))));
  }

  private static long liveBytes() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
