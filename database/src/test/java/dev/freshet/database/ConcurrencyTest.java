package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.present;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Float64Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConcurrencyTest {
  private static final int ACCOUNTS = 20;
  private static final int WORKERS = 8;

  @TempDir Path directory;
  private Database database = Databases.inMemory();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeEach
  void open() {
    database.close();
    database = Databases.open(SqlitePersistence.open(directory.resolve("db.sqlite3")));
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    database.close();
  }

  private static double number(Document document, String field) {
    return document.value().get(field) instanceof Float64Value(double value) ? value : Double.NaN;
  }

  /** Runs work until it doesn't lose. */
  private long untilCommitted(java.util.function.Consumer<Transaction> work) {
    while (true) {
      Transaction transaction = begin(database);
      work.accept(transaction);
      try {
        return commit(database, transaction);
      } catch (ConflictException e) {
        database.awaitTimestamp(e.timestamp());
      }
    }
  }

  private void inParallel(int count, java.util.function.IntConsumer work) throws Exception {
    List<Future<?>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int worker = i;
      futures.add(threads.submit(() -> work.accept(worker)));
    }
    for (Future<?> future : futures) {
      future.get();
    }
  }

  @Test
  void transfersKeepTheTotal() throws Exception {
    List<DocumentId> accounts = new ArrayList<>();
    for (int i = 0; i < ACCOUNTS; i++) {
      accounts.add(insert(database, "accounts", object("balance", 100)));
    }
    AtomicBoolean done = new AtomicBoolean();
    Future<?> auditor =
        threads.submit(
            () -> {
              while (!done.get()) {
                Transaction transaction = begin(database);
                double total = 0;
                for (Document account : all(transaction, "accounts")) {
                  total += number(account, "balance");
                }
                assertThat(total).isEqualTo(100.0 * ACCOUNTS);
              }
            });
    inParallel(
        WORKERS,
        worker -> {
          Random random = new Random(worker);
          for (int i = 0; i < 100; i++) {
            DocumentId from = accounts.get(random.nextInt(ACCOUNTS));
            DocumentId to = accounts.get(random.nextInt(ACCOUNTS));
            if (!from.equals(to)) {
              untilCommitted(transaction -> transfer(transaction, from, to));
            }
          }
        });
    done.set(true);
    auditor.get();
  }

  private static void transfer(Transaction transaction, DocumentId from, DocumentId to) {
    double source = number(present(transaction.get(from)), "balance");
    double target = number(present(transaction.get(to)), "balance");
    if (source >= 1) {
      transaction.patch(from, Patch.of(object("balance", source - 1)));
      transaction.patch(to, Patch.of(object("balance", target + 1)));
    }
  }

  @Test
  void everyIncrementCounts() throws Exception {
    DocumentId id = insert(database, "counters", object("n", 0));
    inParallel(
        WORKERS,
        _ -> {
          for (int i = 0; i < 50; i++) {
            untilCommitted(
                transaction -> {
                  double n = number(present(transaction.get(id)), "n");
                  transaction.patch(id, Patch.of(object("n", n + 1)));
                });
          }
        });
    assertThat(number(present(begin(database).get(id)), "n")).isEqualTo(50.0 * WORKERS);
  }

  @Test
  void anIndexBuiltUnderWritesIsComplete() throws Exception {
    for (int i = 0; i < 2000; i += 500) {
      untilCommitted(
          transaction -> {
            for (int j = 0; j < 500; j++) {
              transaction.insert("notes", object("n", j % 10));
            }
          });
    }
    AtomicBoolean done = new AtomicBoolean();
    List<Future<?>> writers = new ArrayList<>();
    for (int w = 0; w < 3; w++) {
      Random random = new Random(w);
      writers.add(
          threads.submit(
              () -> {
                while (!done.get()) {
                  untilCommitted(transaction -> change(transaction, random));
                }
              }));
    }
    Databases.push(
        database,
        "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
            + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":true}");
    done.set(true);
    for (Future<?> writer : writers) {
      writer.get();
    }
    Transaction transaction = begin(database);
    List<Document> byIndex =
        Databases.collect(
            transaction.query(QuerySpec.indexRange("notes", "by_n", Order.ASC, List.of())));
    List<Document> scanned = all(transaction, "notes");
    assertThat(byIndex.stream().map(Document::json))
        .containsExactlyInAnyOrderElementsOf(scanned.stream().map(Document::json).toList());
    assertThat(transaction.count("notes")).isEqualTo(scanned.size());
    for (int n = 0; n < 12; n++) {
      double wanted = n;
      assertThat(
              Databases.collect(
                  transaction.query(
                      QuerySpec.indexRange(
                          "notes",
                          "by_n",
                          Order.ASC,
                          List.of(RangeBound.eq("n", Value.of(wanted)))))))
          .hasSize((int) scanned.stream().filter(d -> number(d, "n") == wanted).count());
    }
  }

  private static void change(Transaction transaction, Random random) {
    QuerySpec some =
        QuerySpec.fullScan("notes", random.nextBoolean() ? Order.ASC : Order.DESC)
            .with(new QuerySpec.Operator.Limit(1 + random.nextInt(3)));
    List<Document> documents = Databases.collect(transaction.query(some));
    Document document = documents.getLast();
    switch (random.nextInt(4)) {
      case 0 -> transaction.delete(document.id());
      case 1 -> transaction.insert("notes", object("n", random.nextInt(12)));
      default -> transaction.patch(document.id(), Patch.of(object("n", random.nextInt(12))));
    }
  }
}
