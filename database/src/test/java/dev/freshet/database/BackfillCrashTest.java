package dev.freshet.database;

import static dev.freshet.database.Databases.object;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.SortKey;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that builds indexes while documents change is killed: the next one completes them. */
class BackfillCrashTest {
  @TempDir private Path directory;

  @Test
  void aKilledBackfillGoesOnWhereItWasAndEndsComplete() throws Exception {
    Path file = directory.resolve("db.sqlite3");
    long noted = runAndKill(file);

    try (Database database = open(file, 1)) {
      assertThat(BackfillingProcess.progress(database)).isGreaterThanOrEqualTo(noted);
      assertThat(building(database)).isPositive();
      for (String table : BackfillingProcess.TABLES) {
        Databases.insert(database, table, object("n", -1)); // writes needn't wait for an index
      }
    }
    long limit = Limit.INDEX_BACKFILL_ROWS_PER_SECOND.defaultValue();
    try (Database database = open(file, limit)) {
      await().until(() -> building(database) == 0);
      Databases.push(database, BackfillingProcess.SCHEMA);
      for (String table : BackfillingProcess.TABLES) {
        assertComplete(database, table);
      }
    }
  }

  private static Database open(Path file, long rowsPerSecond) {
    return Database.open(
        SqlitePersistence.open(file),
        Clock.system(),
        new Random(),
        Limits.of(Map.of(Limit.INDEX_BACKFILL_ROWS_PER_SECOND, rowsPerSecond)),
        List.of());
  }

  private static long building(Database database) {
    return database.catalog().tables(Namespace.ROOT).stream()
        .flatMap(table -> database.catalog().indexes(table).stream())
        .filter(index -> index.state() == IndexState.BACKFILLING)
        .count();
  }

  /** Returns how far the process had got, according to what it had noted. */
  private static long runAndKill(Path file) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BackfillingProcess.class.getName(),
                file.toString(),
                "1")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      String line;
      while ((line = output.readLine()) != null) {
        if (line.matches("[1-9][0-9]*")) {
          return Long.parseLong(line);
        }
      }
      throw new AssertionError("the process has ended by itself");
    } finally {
      process.toHandle().destroyForcibly();
      process.waitFor();
    }
  }

  private static void assertComplete(Database database, String table) {
    Transaction transaction = database.begin(TransactionOptions.USER);
    List<Document> byId =
        Databases.collect(transaction.query(QuerySpec.fullScan(table, Order.ASC)));
    List<Document> byN =
        Databases.collect(
            transaction.query(QuerySpec.indexRange(table, "by_n", Order.ASC, List.of())));
    assertThat(byN).hasSizeGreaterThan(BackfillingProcess.DOCUMENTS / 2);
    assertThat(byN.stream().map(Document::id))
        .containsExactlyElementsOf(
            byId.stream()
                .sorted(order("n").thenComparing(order("_creationTime")))
                .map(Document::id)
                .toList());
  }

  private static Comparator<Document> order(String field) {
    return Comparator.comparing(document -> key(document, field), Arrays::compareUnsigned);
  }

  private static byte[] key(Document document, String field) {
    return SortKey.of(document.value().get(field));
  }
}
