package dev.freshet.database;

import static dev.freshet.database.Databases.awaitComplete;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.submit;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeftoversTest {
  private static final SchemaDefinition SCHEMA =
      SchemaDefinition.evaluate(
          "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
              + "\"fields\":[\"n\"]}],\"stagedDbIndexes\":[{\"indexDescriptor\":\"by_m\","
              + "\"fields\":[\"m\"]}],\"documentType\":null}],\"schemaValidation\":false}");

  private final SimulatedClock clock = new SimulatedClock();
  private final Database database =
      Database.open(new InMemoryPersistence(), clock, new Random(1), Limits.defaults(), List.of());

  @AfterEach
  void close() {
    database.close();
  }

  private void removeLeftovers() {
    database.run("system_table_cleanup", Leftovers::remove);
  }

  private TableInfo notes() {
    return requireNonNull(database.catalog().table(Namespace.ROOT, "notes"));
  }

  private List<String> indexes() {
    return database.catalog().indexes(notes()).stream()
        .filter(index -> !index.isBuiltIn())
        .map(IndexInfo::descriptor)
        .sorted()
        .toList();
  }

  private @Nullable SchemaState state(DocumentId schema) {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    return SchemaStore.in(transaction, Namespace.ROOT).state(schema);
  }

  @Test
  void aPushThatNobodyFinishesEndsAfterAnHour() {
    insert(database, "notes", object("n", 1));
    DocumentId schema = submit(database, SCHEMA);
    awaitComplete(database, schema);
    clock.advance(Duration.ofMinutes(59));
    removeLeftovers();
    assertThat(state(schema)).isInstanceOf(SchemaState.Validated.class);
    assertThat(indexes()).containsExactly("by_m", "by_n");

    clock.advance(Duration.ofMinutes(2));
    removeLeftovers();
    assertThat(state(schema)).isInstanceOf(SchemaState.Overwritten.class);
    assertThat(indexes()).as("what is staged waits for a later push").containsExactly("by_m");

    clock.advance(Duration.ofMinutes(61));
    removeLeftovers();
    assertThat(state(schema)).as("forgotten").isNull();
  }

  @Test
  void aFinishedPushStays() {
    insert(database, "notes", object("n", 1));
    DocumentId schema = submit(database, SCHEMA);
    awaitComplete(database, schema);
    database.run(
        "finish_push",
        transaction -> {
          SchemaStore store = SchemaStore.in(transaction, Namespace.ROOT);
          store.apply(schema);
          store.applyIndexes(SCHEMA);
        });
    clock.advance(Duration.ofDays(30));
    removeLeftovers();
    assertThat(state(schema)).isInstanceOf(SchemaState.Active.class);
    assertThat(indexes()).containsExactly("by_m", "by_n");
  }

  @Test
  void anImportThatNobodyFinishesEndsAfterTwoWeeks() {
    insert(database, "notes", object("n", 1));
    TableInfo table = notes();
    database.run(
        "import",
        transaction -> {
          CatalogWriter writer = new CatalogWriter(transaction);
          writer.setTableState(table, TableState.HIDDEN);
        });
    clock.advance(Duration.ofDays(13));
    removeLeftovers();
    assertThat(database.catalog().tables(TableState.HIDDEN)).hasSize(1);
    clock.advance(Duration.ofDays(2));
    removeLeftovers();
    assertThat(database.catalog().tables(TableState.HIDDEN)).isEmpty();
    assertThat(database.catalog().tables(TableState.DELETING)).hasSize(1);
  }

  @Test
  void progressOfWhatIsGoneIsForgotten() {
    insert(database, "notes", object("n", 1));
    String gone = new DocumentId(514, notes().tablet()).encode();
    database.run(
        "test",
        transaction -> {
          Progress.BACKFILLS.insert(transaction, new Progress.Backfill(gone, 1, 2L, null));
          Progress.VALIDATIONS.insert(transaction, new Progress.Validation(gone, 1, 2L));
        });
    removeLeftovers();
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    assertThat(Progress.BACKFILLS.all(transaction)).isEmpty();
    assertThat(Progress.VALIDATIONS.all(transaction)).isEmpty();
  }
}
