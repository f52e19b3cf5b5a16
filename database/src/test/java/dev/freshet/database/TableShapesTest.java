package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testkit.Generators;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.testkit.SeededRandom;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Shape;
import dev.freshet.values.ShapeCounts;
import dev.freshet.values.Validator;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shapes that are kept up with commits (spec 40 §12). */
class TableShapesTest {
  private static final Shape UNKNOWN = new Shape.Unknown();

  private final SeededRandom random = new SeededRandom(40);
  private final Generators values = new Generators(random);

  private static @Nullable Shape shape(Database database, String table) {
    return database.shapes(Namespace.ROOT).get(table);
  }

  /** The shape, counted from the documents there are. */
  private static Shape recounted(Database database, String table) {
    ShapeCounts counts = new ShapeCounts();
    Transaction reader = begin(database);
    all(reader, table).forEach(document -> counts.add(document.value()));
    return counts.shape(
        number -> {
          TableInfo info = reader.tableByNumber(number);
          return info == null ? null : info.name();
        });
  }

  private ObjectValue value() {
    return random.nextInt(4) == 0
        ? object("n", random.nextInt(9), "text", "t")
        : object("any", values.value(2));
  }

  /** Writes, takes back, changes and deletes in one transaction. */
  private void write(Database database, List<DocumentId> ids) {
    Transaction transaction = begin(database);
    for (int i = random.nextInt(6); i >= 0; i--) {
      Subtransaction part = transaction.begin(Scope.USER, TransactionBudget.NONE);
      List<DocumentId> before = List.copyOf(ids);
      switch (ids.isEmpty() ? 0 : random.nextInt(4)) {
        case 0 -> ids.add(transaction.insert("things", value()).id());
        case 1 -> transaction.patch(ids.get(random.nextInt(ids.size())), Patch.of(value()));
        case 2 -> transaction.replace(ids.get(random.nextInt(ids.size())), value());
        default -> transaction.delete(ids.remove(random.nextInt(ids.size())));
      }
      if (random.nextInt(4) == 0) {
        part.rollback();
        ids.clear();
        ids.addAll(before);
      } else {
        part.commit();
      }
    }
    Databases.commit(database, transaction);
  }

  @Test
  void whatIsKeptUpIsWhatTheDocumentsLookLike() {
    try (Database database = Databases.inMemory()) {
      List<DocumentId> ids = new ArrayList<>();
      for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 5; i++) {
          write(database, ids);
        }
        assertThat(shape(database, "things"))
            .as("%s", random)
            .isEqualTo(recounted(database, "things"));
      }
    }
  }

  @Test
  void anOrderlyRestartKnowsThemAtOnceAndACrashWalksTheTables() {
    InMemoryPersistence persistence = new InMemoryPersistence();
    List<DocumentId> ids = new ArrayList<>();
    Shape known;
    try (Database database = Databases.open(persistence)) {
      for (int i = 0; i < 100; i++) {
        write(database, ids);
      }
      known = recounted(database, "things");
    }
    try (Database database = Databases.open(persistence)) {
      assertThat(shape(database, "things")).isEqualTo(known).isNotEqualTo(UNKNOWN);
    }
    persistence.putGlobal("table_shapes", "{}".getBytes(UTF_8)); // as if it had never been saved
    try (Database database = Databases.open(persistence)) {
      for (int i = 0; i < 50; i++) {
        write(database, ids); // while the table is walked
      }
      Awaitility.await()
          .untilAsserted(() -> assertThat(shape(database, "things")).isNotEqualTo(UNKNOWN));
      assertThat(shape(database, "things")).isEqualTo(recounted(database, "things"));
      assertThat(begin(database).count("things")).isEqualTo(ids.size());
    }
  }

  @Test
  void aWalkOfManyPagesMissesNothingThatIsWrittenMeanwhile() {
    InMemoryPersistence persistence = new InMemoryPersistence();
    List<DocumentId> ids = new ArrayList<>();
    try (Database database = Databases.open(persistence)) {
      for (int i = 0; i < 10; i++) {
        Transaction transaction = begin(database);
        for (int n = 0; n < 500; n++) {
          ids.add(transaction.insert("things", object("n", n)).id());
        }
        Databases.commit(database, transaction);
      }
    }
    persistence.putGlobal("table_shapes", "{}".getBytes(UTF_8));
    try (Database database = Databases.open(persistence)) {
      do {
        write(database, ids);
      } while (UNKNOWN.equals(shape(database, "things")));
      assertThat(shape(database, "things")).isEqualTo(recounted(database, "things"));
    }
  }

  @Test
  void showsTablesWithoutDocumentsAndReferences() {
    try (Database database = Databases.inMemory()) {
      DocumentId user = insert(database, "users", object("name", "Ada Lovelace"));
      DocumentId note = insert(database, "notes", object("by", user.encode()));
      Databases.write(database, TransactionOptions.USER, tx -> tx.delete(user));
      assertThat(shape(database, "users")).isEqualTo(new Shape.Never());
      assertThat(note.tableNumber()).isEqualTo(10_002);
      assertThat(shape(database, "notes"))
          .isEqualTo(
              new Shape.Fields(
                  new TreeMap<>(
                      Map.of(
                          "_creationTime", new Shape.Field(new Shape.Float64(false), false),
                          "_id", new Shape.Field(new Shape.Id("notes"), false),
                          "by", new Shape.Field(new Shape.Id("users"), false)))));
      assertThat(database.shapes(Namespace.ROOT)).containsOnlyKeys("users", "notes");
    }
  }

  @Test
  void tellWhetherATableNeedsNoValidation() {
    try (Database database = Databases.inMemory()) {
      insert(database, "notes", object("text", "one two", "n", 1));
      insert(database, "notes", object("text", "three four"));
      TableInfo notes = Objects.requireNonNull(begin(database).table("notes"));
      assertThat(isSubset(database, notes, "true")).isTrue();
      assertThat(isSubset(database, notes, "false")).isFalse();
    }
  }

  private static boolean isSubset(Database database, TableInfo table, String optional) {
    return database
        .tableShapes()
        .isSubset(
            table,
            Validator.parse(
                "{\"type\":\"object\",\"value\":{\"text\":{\"fieldType\":{\"type\":\"string\"},"
                    + "\"optional\":false},\"n\":{\"fieldType\":{\"type\":\"number\"},\"optional\":"
                    + optional
                    + "}}}"));
  }
}
