package dev.freshet.bench;

import dev.freshet.database.Database;
import dev.freshet.database.Document;
import dev.freshet.database.Namespace;
import dev.freshet.database.Order;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.QueryStream;
import dev.freshet.database.RangeBound;
import dev.freshet.database.SchemaDefinition;
import dev.freshet.database.SchemaStore;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.ObjectValue;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A database with groups of ten documents, every so many of which are hot. */
final class HotDocuments implements AutoCloseable {
  private static final String TABLE = "items";
  private static final String INDEX = "by_group_n";
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"items\",\"indexes\":[{\"indexDescriptor\":\"by_group_n\","
          + "\"fields\":[\"group\",\"n\"]}],\"documentType\":null}],\"schemaValidation\":true}";
  private static final int GROUP = 10;
  private static final int SEED_BATCH = 1000;
  private static final int FEW_ROWS = 100;
  private static final String TEXT = "x".repeat(150);

  /**
   * @param free bytes of the file that hold nothing
   * @param historicRows rows that only old snapshots can see
   */
  record Pages(double free, double historicRows) {}

  private final Database database;
  private final int groups;
  private final int everyHot;
  private final List<DocumentId> hot = new ArrayList<>();

  private HotDocuments(Database database, int groups, int everyHot) {
    this.database = database;
    this.groups = groups;
    this.everyHot = everyHot;
  }

  static HotDocuments open(Path file, int documents, int hotDocuments, long retentionSeconds) {
    Limits limits =
        Limits.of(
            Map.of(
                Limit.INDEX_RETENTION_DELAY, retentionSeconds,
                Limit.DOCUMENT_RETENTION_DELAY, retentionSeconds));
    Database database =
        Database.open(
            SqlitePersistence.open(file), Clock.system(), new SecureRandom(), limits, List.of());
    return new HotDocuments(database, documents / GROUP, documents / hotDocuments);
  }

  private void commit(Transaction transaction) {
    var _ = database.commit(transaction, WriteSource.system("bench"));
  }

  void seed() throws InterruptedException {
    createIndex();
    List<DocumentId> inserted = new ArrayList<>();
    for (int group = 0; group < groups; ) {
      Transaction transaction = database.begin(TransactionOptions.SYSTEM);
      int end = Math.min(groups, group + SEED_BATCH / GROUP);
      for (; group < end; group++) {
        for (int n = 0; n < GROUP; n++) {
          Document document = transaction.insert(TABLE, document(group, n));
          if (group % everyHot == 0) {
            inserted.add(document.id());
          }
        }
      }
      commit(transaction);
    }
    hot.addAll(inserted);
  }

  /** Looks the hot documents up in a database that was seeded before. */
  void find() {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    for (int group = 0; group < groups; group += everyHot) {
      QueryStream documents = transaction.query(query(group));
      for (int i = 0; i < GROUP; i++) {
        Document document = documents.next();
        if (document != null) {
          hot.add(document.id());
        }
      }
    }
  }

  private void createIndex() throws InterruptedException {
    SchemaDefinition schema = SchemaDefinition.evaluate(SCHEMA);
    Transaction start = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(start, Namespace.ROOT);
    var _ = store.prepareIndexes(schema);
    DocumentId id = store.submitPending(schema);
    commit(start);
    while (!SchemaStore.in(database.begin(TransactionOptions.SYSTEM), Namespace.ROOT)
        .progress(id)
        .isComplete()) {
      Thread.sleep(10);
    }
    Transaction finish = database.begin(TransactionOptions.SYSTEM);
    SchemaStore last = SchemaStore.in(finish, Namespace.ROOT);
    var _ = last.apply(id);
    var _ = last.applyIndexes(schema);
    commit(finish);
  }

  private static ObjectValue document(int group, double n) {
    return ObjectValue.of(
        Map.of("group", new Float64Value(group), "n", new Float64Value(n), "text", Value.of(TEXT)));
  }

  private static QuerySpec query(int group) {
    return QuerySpec.indexRange(
        TABLE, INDEX, Order.ASC, List.of(RangeBound.eq("group", new Float64Value(group))));
  }

  /**
   * Updates every hot document so often, one a transaction; returns the latencies, and last how
   * long all took, in nanoseconds.
   */
  long[] update(int times, int clients) throws InterruptedException {
    long[] nanos = new long[times * hot.size() + 1];
    AtomicInteger next = new AtomicInteger();
    long begun = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        running.add(
            threads.submit(
                () -> {
                  for (int u = next.getAndIncrement();
                      u < nanos.length - 1;
                      u = next.getAndIncrement()) {
                    long start = System.nanoTime();
                    update(u);
                    nanos[u] = System.nanoTime() - start;
                  }
                }));
      }
      for (Future<?> client : running) {
        client.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("an update has failed", e.getCause());
    }
    nanos[nanos.length - 1] = System.nanoTime() - begun;
    return nanos;
  }

  private void update(int number) {
    int document = number % hot.size();
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    int group = document / GROUP * everyHot;
    var _ = transaction.replace(hot.get(document), document(group, number));
    commit(transaction);
  }

  /** Reads so many rows of cold and of hot groups by turns; nanoseconds of each. */
  long[][] read(int times, int rows) {
    SplittableRandom random = new SplittableRandom(1);
    long[][] nanos = new long[2][times];
    for (int i = 0; i < times; i++) {
      int hotGroup = random.nextInt(hot.size() / GROUP) * everyHot;
      nanos[0][i] = readOne(hotGroup + 1, rows); // its neighbour is cold
      nanos[1][i] = readOne(hotGroup, rows);
    }
    return nanos;
  }

  private long readOne(int group, int rows) {
    long start = System.nanoTime();
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    QueryStream documents = transaction.query(query(group));
    for (int i = 0; i < rows; i++) {
      if (documents.next() == null) {
        throw new IllegalStateException("a document is missing in group " + group);
      }
    }
    return System.nanoTime() - start;
  }

  /** Waits until next to no history is left. */
  void awaitForgotten(Path file) throws IOException, InterruptedException {
    while (pages(file).historicRows() > FEW_ROWS) {
      TimeUnit.MILLISECONDS.sleep(500);
      // The newest snapshot stays readable until another one replaces it.
      Transaction transaction = database.begin(TransactionOptions.SYSTEM);
      var _ = transaction.replace(hot.getFirst(), document(0, (double) System.nanoTime()));
      commit(transaction);
    }
  }

  static Pages pages(Path file) throws IOException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      long pageSize = number(statement, "PRAGMA page_size");
      long free = number(statement, "PRAGMA freelist_count");
      return new Pages(
          (double) pageSize * free,
          number(statement, "SELECT (SELECT count(*) FROM idx_old) + (SELECT count(*) FROM log)"));
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
