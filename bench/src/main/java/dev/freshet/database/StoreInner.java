package dev.freshet.database;

import dev.freshet.bench.InnerSamples;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Transactions over SQLite, without a commit. */
@State(Scope.Thread)
public class StoreInner {
  private static final int DOCUMENTS = 10_000;
  private static final int BATCH = 1000;
  private static final int BODY = 120;
  private static final int LARGE_BODY = 840;
  private static final int TAKEN = 10;

  private final SplittableRandom random = new SplittableRandom(1);
  private final Path directory;
  private final Database database;
  private final List<DocumentId> large = new ArrayList<>();
  private final double[] times = new double[DOCUMENTS];
  private double likes;

  public StoreInner() {
    try {
      directory = Files.createTempDirectory("freshet-inner");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    database =
        Database.open(
            SqlitePersistence.open(directory.resolve("db.sqlite3")),
            Clock.system(),
            new Random(1),
            Limits.defaults(),
            List.of());
    fill("small", BODY);
    fill("large", LARGE_BODY);
  }

  private void fill(String table, int body) {
    for (int from = 0; from < DOCUMENTS; from += BATCH) {
      Transaction transaction = database.begin(TransactionOptions.USER);
      for (int i = from; i < from + BATCH; i++) {
        Document document = transaction.insert(table, InnerSamples.message(random, body));
        if (table.equals("large")) {
          large.add(document.id());
        } else if (document.value().get("_creationTime") instanceof Value.Float64Value time) {
          times[i] = time.value();
        }
      }
      database.commit(transaction, WriteSource.UNKNOWN);
    }
  }

  /** Closes the database and deletes its files. */
  @TearDown
  public void close() throws IOException {
    database.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Ten documents from somewhere in an index. */
  @Benchmark
  public long take() {
    Transaction transaction = database.begin(TransactionOptions.USER);
    Value from = Value.of(times[random.nextInt(DOCUMENTS - TAKEN)]);
    QueryStream query =
        transaction.query(
            QuerySpec.indexRange(
                    "small",
                    IndexInfo.BY_CREATION_TIME,
                    Order.ASC,
                    List.of(new RangeBound(RangeBound.Comparison.GTE, "_creationTime", from)))
                .with(new QuerySpec.Operator.Limit(TAKEN)));
    long bytes = 0;
    for (Document document = query.next(); document != null; document = query.next()) {
      bytes += document.stored().length;
    }
    return bytes;
  }

  /** One field of a document of 1 KB, up to what would be handed to the committer. */
  @Benchmark
  public Object patch() {
    Transaction transaction = database.begin(TransactionOptions.USER);
    likes++;
    Map<String, @Nullable Value> change = Map.of("likes", Value.of(likes));
    transaction.patch(large.get(random.nextInt(DOCUMENTS)), new Patch(change));
    return database.prepare(transaction, WriteSource.UNKNOWN);
  }
}
