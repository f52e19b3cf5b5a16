package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.collect;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchemaStoreTest {
  private static final String STRING = "{\"type\":\"string\"}";
  private static final String NUMBER = "{\"type\":\"number\"}";

  /** Speaks of the tables users and authors. */
  private static final String REFERENCE =
      "{\"type\":\"union\",\"value\":["
          + NUMBER
          + ",{\"type\":\"array\",\"value\":{\"type\":\"record\",\"keys\":{\"type\":\"id\",\"tableName\""
          + ":\"users\"},\"values\":{\"fieldType\":{\"type\":\"object\",\"value\":{\"by\":{\"fieldType\":"
          + "{\"type\":\"id\",\"tableName\":\"authors\"},\"optional\":true}}},\"optional\":false}}}]}";

  private final Database database = Databases.inMemory();

  @AfterEach
  void close() {
    database.close();
  }

  /** A schema of one table {@code notes} with one field {@code text}. */
  private static String notes(String type, String indexes) {
    return "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":["
        + indexes
        + "],\"documentType\":{\"type\":\"object\",\"value\":{\"text\":{\"fieldType\":"
        + type
        + ",\"optional\":false}}}}],\"schemaValidation\":true}";
  }

  private static String index(String name, String field) {
    return "{\"indexDescriptor\":\"" + name + "\",\"fields\":[\"" + field + "\"]}";
  }

  private SchemaProgress submit(String exported) {
    DocumentId id = Databases.submit(database, SchemaDefinition.evaluate(exported));
    return Databases.awaitComplete(database, id);
  }

  private List<Document> byText(String text) {
    return collect(
        begin(database)
            .query(
                QuerySpec.indexRange(
                    "notes",
                    "by_text",
                    Order.ASC,
                    List.of(RangeBound.eq("text", Value.of(text))))));
  }

  @Test
  void anActiveSchemaIsEnforced() {
    push(database, notes(STRING, ""));
    insert(database, "notes", object("text", "fine"));
    Transaction transaction = begin(database);
    assertThatThrownBy(() -> transaction.insert("notes", object("text", 7)))
        .isInstanceOf(FreshetException.class)
        .hasMessageStartingWith(
            "Failed to insert or update a document in table \"notes\" because it does not match the"
                + " schema: Value does not match validator.\nPath: .text\nValue: 7.0");
    transaction.insert("elsewhere", object("anything", 7));
  }

  @Test
  void existingDocumentsThatViolateAPushFailIt() {
    DocumentId id = insert(database, "notes", object("text", 7));
    SchemaProgress progress = submit(notes(STRING, ""));
    assertThat(progress.state())
        .isInstanceOfSatisfying(
            SchemaState.Failed.class,
            failed -> {
              assertThat(failed.table()).isEqualTo("notes");
              assertThat(failed.error())
                  .startsWith(
                      "Document with ID \""
                          + id.encode()
                          + "\" in table \"notes\" does not match the schema: ");
            });
    insert(database, "notes", object("text", 8));
  }

  @Test
  void aLongValidationNotesHowFarItIs() {
    SteeredPersistence persistence = new SteeredPersistence();
    try (Database large = Databases.open(persistence)) {
      insertMany(large);
      long progress =
          requireNonNull(large.catalog().table(Namespace.ROOT, Progress.VALIDATIONS.name()))
              .storage();
      List<DocumentWrite> noted = new CopyOnWriteArrayList<>();
      List<WorkProgress> shown = new CopyOnWriteArrayList<>();
      persistence.before =
          group ->
              group.forEach(
                  record ->
                      record.documents().stream()
                          .filter(write -> write.table() == progress)
                          .forEach(
                              write -> {
                                noted.add(write);
                                WorkProgress known = validationProgress(large);
                                if (known != null) {
                                  shown.add(known);
                                }
                              }));
      push(large, notes("{\"type\":\"literal\",\"value\":\"x\"}", "")); // no shape promises that
      assertThat(noted).hasSizeGreaterThan(1);
      ObjectValue first = StoredForm.parse(requireNonNull(noted.getFirst().value()));
      assertThat(CatalogRows.integer(first, "numDocsValidated")).isBetween(500L, 1200L);
      assertThat(first.get("totalDocs")).isEqualTo(Value.of(1200L));
      assertThat(shown).as("what was noted before the last note").isNotEmpty();
      assertThat(shown.getFirst().done()).isBetween(500L, 1200L);
      assertThat(shown.getFirst().total()).isEqualTo(1200L);
      assertThat(Progress.VALIDATIONS.all(large.begin(TransactionOptions.SYSTEM))).isEmpty();
      assertThat(validationProgress(large)).isNull();
    }
  }

  private static void insertMany(Database database) {
    Transaction bulk = begin(database);
    for (int i = 0; i < 1200; i++) {
      bulk.insert("notes", object("text", "x"));
    }
    commit(database, bulk);
  }

  private static @Nullable WorkProgress validationProgress(Database database) {
    return SchemaStore.in(database.begin(TransactionOptions.SYSTEM), Namespace.ROOT)
        .validationProgress();
  }

  @Test
  void theBuildingOfAnIndexTellsHowFarItIs() {
    SteeredPersistence persistence = new SteeredPersistence();
    try (Database large = Databases.open(persistence)) {
      insertMany(large);
      long rows =
          requireNonNull(large.catalog().table(Namespace.ROOT, Progress.BACKFILLS.name()))
              .storage();
      List<WorkProgress> shown = new CopyOnWriteArrayList<>();
      persistence.before =
          group -> {
            if (group.stream()
                .flatMap(record -> record.documents().stream())
                .anyMatch(write -> write.table() == rows)) {
              shown.addAll(buildingProgress(large));
            }
          };
      push(large, notes(STRING, index("by_text", "text")));
      assertThat(shown).as("what was noted before the last note").isNotEmpty();
      assertThat(shown.getLast().done()).isBetween(0L, 1200L);
      assertThat(shown.getLast().total()).isEqualTo(1200L);
      assertThat(buildingProgress(large)).isEmpty();
    }
  }

  private static List<WorkProgress> buildingProgress(Database database) {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(transaction, Namespace.ROOT);
    TableInfo notes = requireNonNull(transaction.catalog().table(Namespace.ROOT, "notes"));
    return transaction.catalog().indexes(notes).stream()
        .map(store::buildingProgress)
        .filter(Objects::nonNull)
        .toList();
  }

  @Test
  void aWriteThatViolatesAValidatedSchemaFailsTheSchemaAndNotTheWrite() {
    Transaction start = database.begin(TransactionOptions.SYSTEM);
    SchemaDefinition schema = SchemaDefinition.evaluate(notes(STRING, ""));
    DocumentId id = SchemaStore.in(start, Namespace.ROOT).submitPending(schema);
    commit(database, start);
    assertThat(Databases.awaitComplete(database, id).state())
        .isEqualTo(new SchemaState.Validated());

    insert(database, "notes", object("text", 7));

    Transaction after = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(after, Namespace.ROOT);
    assertThat(store.state(id))
        .isInstanceOfSatisfying(
            SchemaState.Failed.class,
            failed ->
                assertThat(failed.error())
                    .startsWith("New document in table \"notes\" does not match the schema: "));
    assertThatThrownBy(() -> store.apply(id))
        .hasMessageStartingWith("Schema has already been failed with error: New document");
  }

  @Test
  void aNewerSubmissionOverwritesTheOneInProgress() {
    Transaction first = database.begin(TransactionOptions.SYSTEM);
    DocumentId one =
        SchemaStore.in(first, Namespace.ROOT)
            .submitPending(SchemaDefinition.evaluate(notes(STRING, "")));
    commit(database, first);
    Transaction second = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(second, Namespace.ROOT);
    DocumentId two = store.submitPending(SchemaDefinition.evaluate(notes(NUMBER, "")));
    assertThat(two).isNotEqualTo(one);
    assertThat(store.state(one)).isEqualTo(new SchemaState.Overwritten());
    assertThat(store.submitPending(SchemaDefinition.evaluate(notes(NUMBER, "")))).isEqualTo(two);
    assertThatThrownBy(() -> store.apply(one)).hasMessage("Schema has already been overwritten.");
  }

  @Test
  void submittingTheActiveSchemaAgainKeepsIt() {
    push(database, notes(STRING, index("by_text", "text")));
    Transaction again = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(again, Namespace.ROOT);
    SchemaDefinition schema = SchemaDefinition.evaluate(notes(STRING, index("by_text", "text")));
    assertThat(store.active()).isEqualTo(schema);
    DocumentId id = store.submitPending(schema);
    assertThat(store.state(id)).isEqualTo(new SchemaState.Active());
    assertThat(store.diffIndexes(schema)).isEqualTo(IndexDiff.EMPTY);
    assertThat(again.isReadOnly()).isTrue();
  }

  @Test
  void anIndexIsUsableAfterThePushThatAddsIt() {
    for (int i = 0; i < 1200; i++) {
      if (i % 100 == 0) {
        insert(database, "notes", object("text", "rare"));
      }
    }
    Transaction bulk = begin(database);
    for (int i = 0; i < 1200; i++) {
      bulk.insert("notes", object("text", "common" + i));
    }
    commit(database, bulk);
    assertThatThrownBy(() -> byText("rare")).hasMessage("Index notes.by_text not found.");

    SchemaProgress progress = submit(notes(STRING, index("by_text", "text")));
    assertThat(progress.indexesTotal()).isEqualTo(1);
    assertThatThrownBy(() -> byText("rare"))
        .hasMessage("Index notes.by_text is currently backfilling and not available to query yet.");

    push(database, notes(STRING, index("by_text", "text")));
    assertThat(byText("rare")).hasSize(12);
    assertThat(byText("common7")).hasSize(1);
    assertThat(byText("missing")).isEmpty();
  }

  @Test
  void aChangedIndexServesItsOldFieldsUntilThePushIsFinished() {
    insert(database, "notes", object("text", "a"));
    push(database, notes(STRING, index("by_text", "text")));
    Transaction start = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(start, Namespace.ROOT);
    SchemaDefinition changed =
        SchemaDefinition.evaluate(
            "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":["
                + "{\"indexDescriptor\":\"by_text\",\"fields\":[\"text\",\"more\"]}],"
                + "\"documentType\":null}],\"schemaValidation\":false}");
    IndexDiff diff = store.prepareIndexes(changed);
    assertThat(diff.added()).hasSize(1);
    assertThat(diff.removed()).hasSize(1);
    DocumentId id = store.submitPending(changed);
    commit(database, start);
    Databases.awaitComplete(database, id);
    assertThat(byText("a")).hasSize(1);

    Transaction finish = database.begin(TransactionOptions.SYSTEM);
    SchemaStore last = SchemaStore.in(finish, Namespace.ROOT);
    last.apply(id);
    IndexDiff done = last.applyIndexes(changed);
    commit(database, finish);
    assertThat(done.added().getFirst().index().fields())
        .containsExactly("text", "more", "_creationTime");
    assertThat(done.removed().getFirst().index().fields()).containsExactly("text", "_creationTime");
    assertThat(byText("a")).hasSize(1);
  }

  @Test
  void aStagedIndexIsBuiltAndNotEnabled() {
    insert(database, "notes", object("text", "a"));
    push(
        database,
        notes(STRING, "")
            .replace(
                "\"documentType\"",
                "\"stagedDbIndexes\":[" + index("by_text", "text") + "],\"documentType\""));
    assertThatThrownBy(() -> byText("a"))
        .hasMessageStartingWith("Index notes.by_text is currently staged and not available to");
    push(database, notes(STRING, index("by_text", "text")));
    assertThat(byText("a")).hasSize(1);
  }

  /** The way back of {@link #aStagedIndexIsBuiltAndNotEnabled}. */
  @Test
  void anIndexThatBecomesStagedServesUntilThePushIsFinishedAndStaysComplete() {
    push(database, notes(STRING, index("by_text", "text")));
    insert(database, "notes", object("text", "a"));
    SchemaDefinition staged =
        SchemaDefinition.evaluate(
            notes(STRING, "")
                .replace(
                    "\"documentType\"",
                    "\"stagedDbIndexes\":[" + index("by_text", "text") + "],\"documentType\""));
    Transaction start = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(start, Namespace.ROOT);
    IndexDiff diff = store.prepareIndexes(staged);
    assertThat(diff.disabled()).extracting(IndexDiff.Entry::name).containsExactly("notes.by_text");
    assertThat(diff.added()).isEmpty();
    assertThat(diff.removed()).isEmpty();
    DocumentId id = store.submitPending(staged);
    commit(database, start);
    Databases.awaitComplete(database, id);
    assertThat(byText("a")).hasSize(1);

    Transaction finish = database.begin(TransactionOptions.SYSTEM);
    SchemaStore last = SchemaStore.in(finish, Namespace.ROOT);
    last.apply(id);
    assertThat(last.applyIndexes(staged).disabled()).hasSize(1);
    commit(database, finish);
    assertThatThrownBy(() -> byText("a"))
        .hasMessageStartingWith("Index notes.by_text is currently staged and not available to");

    insert(database, "notes", object("text", "a")); // it is still kept up
    Transaction again = database.begin(TransactionOptions.SYSTEM);
    SchemaDefinition live = SchemaDefinition.evaluate(notes(STRING, index("by_text", "text")));
    IndexDiff enabled = SchemaStore.in(again, Namespace.ROOT).diffIndexes(live);
    assertThat(enabled.enabled())
        .extracting(IndexDiff.Entry::name)
        .containsExactly("notes.by_text");
    push(database, notes(STRING, index("by_text", "text")));
    assertThat(byText("a")).hasSize(2);
  }

  @Test
  void anIndexThatIsNotEnabledYetGoesAsSoonAsAnotherPushHasNoUseForIt() {
    push(database, notes(STRING, index("by_text", "text")));
    SchemaDefinition more =
        SchemaDefinition.evaluate(
            notes(STRING, index("by_text", "text") + "," + index("by_time", "text.more"))
                .replace("\"schemaValidation\":true", "\"schemaValidation\":false"));
    Databases.awaitComplete(database, Databases.submit(database, more));
    assertThat(indexNames()).contains("by_time");
    Databases.submit(database, SchemaDefinition.evaluate(notes(NUMBER, "")));
    assertThat(indexNames()).contains("by_text").doesNotContain("by_time");
  }

  private List<String> indexNames() {
    TableInfo notes = requireNonNull(database.catalog().table(Namespace.ROOT, "notes"));
    return database.catalog().indexes(notes).stream().map(IndexInfo::descriptor).toList();
  }

  @Test
  void applyingASchemaWhoseIndexesAreNotBuiltIsRefused() {
    push(database, notes(STRING, ""));
    Transaction finish = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(finish, Namespace.ROOT);
    SchemaDefinition wanted = SchemaDefinition.evaluate(notes(STRING, index("by_text", "text")));
    assertThatThrownBy(() -> store.applyIndexes(wanted))
        .hasMessage("Index notes.by_text is not built yet.");
    store.prepareIndexes(wanted);
    assertThatThrownBy(() -> store.applyIndexes(wanted))
        .hasMessage("Index notes.by_text is not built yet.");
  }

  private boolean drop(String table) {
    return Databases.write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> SchemaStore.in(transaction, Namespace.ROOT).dropTable(table));
  }

  @Test
  void aTableThatTheSchemaMentionsIsNotDropped() {
    insert(database, "users", object());
    insert(database, "authors", object());
    insert(database, "others", object());
    push(database, notes(REFERENCE, ""));
    insert(database, "notes", object("text", 1));
    assertThatThrownBy(() -> drop("notes"))
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("SchemaEnforcementError"))
        .hasMessage("Failed to delete table \"notes\" because it appears in the schema");
    for (String table : List.of("users", "authors")) {
      assertThatThrownBy(() -> drop(table))
          .hasMessage(
              "Failed to delete table \""
                  + table
                  + "\" because `v.id(\""
                  + table
                  + "\")` appears in the schema of table \"notes\"");
      assertThat(all(begin(database), table)).hasSize(1);
    }
    assertThat(all(begin(database), "notes")).hasSize(1);

    assertThat(drop("others")).isTrue();
    assertThat(begin(database).table("others")).isNull();
    assertThat(drop("others")).isFalse();
    assertThat(drop("_schemas")).isFalse();
  }

  @Test
  void droppingATableFailsASchemaInProgressThatMentionsIt() {
    insert(database, "users", object());
    DocumentId id = Databases.submit(database, SchemaDefinition.evaluate(notes(REFERENCE, "")));
    Databases.awaitComplete(database, id);
    assertThat(drop("users")).isTrue();
    SchemaState state =
        SchemaStore.in(database.begin(TransactionOptions.SYSTEM), Namespace.ROOT).state(id);
    assertThat(state)
        .isEqualTo(
            new SchemaState.Failed(
                "Failed to delete table \"users\" because `v.id(\"users\")` appears in the schema"
                    + " of table \"notes\"",
                "users"));
  }

  @Test
  void whoeverWritesIntoATableThatIsBeingDroppedLoses() {
    insert(database, "users", object());
    Transaction writer = begin(database);
    writer.insert("users", object());
    assertThat(drop("users")).isTrue();
    assertThatThrownBy(() -> commit(database, writer)).isInstanceOf(ConflictException.class);
  }

  @Test
  void removingTheSchemaEndsItsEnforcement() {
    push(database, notes(STRING, index("by_text", "text")));
    Transaction finish = database.begin(TransactionOptions.SYSTEM);
    SchemaStore store = SchemaStore.in(finish, Namespace.ROOT);
    assertThat(store.apply(null)).isNotNull();
    assertThat(store.applyIndexes(null).removed()).hasSize(1);
    commit(database, finish);
    insert(database, "notes", object("text", 7));
    assertThatThrownBy(() -> byText("a")).hasMessage("Index notes.by_text not found.");
  }

  @Test
  void badSchemasAreRefused() {
    assertThatThrownBy(() -> SchemaDefinition.evaluate(notes(STRING, index("by_id", "text"))))
        .hasMessageStartingWith(
            "In table \"notes\" cannot name an index \"by_id\" because the name is reserved.");
    assertThatThrownBy(() -> SchemaDefinition.evaluate(notes(STRING, index("by_x", "x"))))
        .hasMessage(
            "In table \"notes\" the index \"by_x\" is invalid because it references the field \"x\""
                + " that does not exist.");
    assertThatThrownBy(() -> SchemaDefinition.evaluate(notes(STRING, index("by_x", "_id"))))
        .hasMessageStartingWith(
            "In table \"notes\": In index \"by_x\": `_id` is not a valid index");
    String two = index("by_a", "text") + "," + index("by_b", "text");
    assertThatThrownBy(() -> SchemaDefinition.evaluate(notes(STRING, two)))
        .hasMessage(
            "In table \"notes\" index \"by_a\" and index \"by_b\" have the same fields. Indexes"
                + " must be unique within a table.");
    assertThatThrownBy(
            () ->
                SchemaDefinition.evaluate(
                    "{\"tables\":[{\"tableName\":\"t\",\"documentType\":{\"type\":\"string\"}}]}"))
        .hasMessageStartingWith(
            "In table \"t\": The document validator in a schema must be an object");
  }

  @Test
  void schemasSurviveTheirOwnJson() {
    SchemaDefinition schema = SchemaDefinition.evaluate(notes(STRING, index("by_text", "text")));
    assertThat(schema.toJson())
        .isEqualTo(
            "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_text\","
                + "\"fields\":[\"text\",\"_creationTime\"]}],\"stagedDbIndexes\":[],"
                + "\"searchIndexes\":[],\"stagedSearchIndexes\":[],\"vectorIndexes\":[],"
                + "\"stagedVectorIndexes\":[],\"documentType\":{\"type\":\"object\",\"value\":"
                + "{\"text\":{\"fieldType\":{\"type\":\"string\"},\"optional\":false}}}}],"
                + "\"schemaValidation\":true}");
    assertThat(SchemaDefinition.parse(schema.toJson())).isEqualTo(schema);
  }
}
