package dev.freshet.database;

import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Fills two tables, starts to build an index of each, slowly, and goes on writing to them until it
 * is killed. Prints a line when progress is noted in {@code _index_backfills}.
 */
final class BackfillingProcess {
  static final int DOCUMENTS = 5000;
  static final List<String> TABLES = List.of("notes", "tasks");
  static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null},{\"tableName\":\"tasks\",\"indexes\":["
          + "{\"indexDescriptor\":\"by_n\",\"fields\":[\"n\"]}],\"documentType\":null}],"
          + "\"schemaValidation\":false}";

  private BackfillingProcess() {}

  static void main(String[] arguments) {
    PrintStream out = System.out;
    Random random = new Random(Long.parseLong(arguments[1]));
    try (Database database =
        Database.open(
            SqlitePersistence.open(Path.of(arguments[0])),
            Clock.system(),
            new Random(),
            Limits.of(Map.of(Limit.INDEX_BACKFILL_ROWS_PER_SECOND, 2000L)),
            List.of())) {
      List<DocumentId> ids = new ArrayList<>();
      TABLES.forEach(table -> ids.addAll(fill(database, table)));
      var _ = Databases.submit(database, SchemaDefinition.evaluate(SCHEMA));
      while (true) {
        DocumentId id = ids.get(random.nextInt(ids.size()));
        Databases.write(
            database,
            TransactionOptions.USER,
            transaction -> {
              boolean exists = transaction.get(id) != null;
              if (exists && random.nextInt(10) == 0) {
                transaction.delete(id);
              } else if (exists) {
                transaction.replace(id, Databases.object("n", random.nextInt()));
              }
              return exists;
            });
        out.println(progress(database));
      }
    }
  }

  private static List<DocumentId> fill(Database database, String table) {
    return Databases.write(
        database,
        TransactionOptions.USER,
        transaction -> {
          List<DocumentId> ids = new ArrayList<>();
          for (int i = 0; i < DOCUMENTS; i++) {
            ids.add(transaction.insert(table, Databases.object("n", i)).id());
          }
          return ids;
        });
  }

  /** How many documents have been done according to what is noted. */
  static long progress(Database database) {
    return Progress.BACKFILLS.all(database.begin(TransactionOptions.SYSTEM)).stream()
        .mapToLong(row -> row.record().done())
        .sum();
  }
}
