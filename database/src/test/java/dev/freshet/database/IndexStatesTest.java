package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.collect;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Queries over indexes that aren't there or aren't ready (spec 40 §5.2). */
class IndexStatesTest {
  private final Database database = Databases.inMemory();

  @AfterEach
  void close() {
    database.close();
  }

  private void index(String descriptor, IndexState state, boolean staged) {
    Databases.write(
        database,
        TransactionOptions.SYSTEM,
        transaction -> {
          TableLayout notes = transaction.layout("notes");
          CatalogWriter writer = new CatalogWriter(transaction);
          TableLayout table = notes == null ? writer.createTable(Namespace.ROOT, "notes") : notes;
          List<String> fields = List.of("n", "_creationTime");
          return writer.createIndex(table.table().tablet(), descriptor, fields, state, staged);
        });
  }

  private List<Document> query(String table, String descriptor) {
    return collect(
        begin(database).query(QuerySpec.indexRange(table, descriptor, Order.ASC, List.of())));
  }

  private void assertRefused(String table, String descriptor, String code, String text) {
    assertThatThrownBy(() -> query(table, descriptor))
        .isInstanceOfSatisfying(FreshetException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageStartingWith(text);
    QuerySpec spec = QuerySpec.indexRange(table, descriptor, Order.ASC, List.of());
    assertThatThrownBy(
            () -> begin(database).paginate(spec, new PageRequest(null, null, 1, null, null)))
        .isInstanceOfSatisfying(FreshetException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void aTableThatDoesNotExistHasOnlyTheBuiltInIndexes() {
    assertThat(query("none", "by_id")).isEmpty();
    assertThat(query("none", "by_creation_time")).isEmpty();
    assertRefused("none", "by_n", "IndexNotFoundError", "Index none.by_n not found.");
  }

  @Test
  void indexesThatAreNotEnabledAreNamedAsWhatTheyAre() {
    index("by_n", IndexState.BACKFILLED, false);
    index("by_staged", IndexState.BACKFILLED, true);
    assertRefused("notes", "by_other", "IndexNotFoundError", "Index notes.by_other not found.");
    assertRefused(
        "notes",
        "by_n",
        "IndexBackfillingError",
        "Index notes.by_n is currently backfilling and not available to query yet.");
    assertRefused(
        "notes",
        "by_staged",
        "IndexStagedError",
        "Index notes.by_staged is currently staged and not available to ");
  }

  @Test
  void anEnabledIndexServesWhileAnotherOfItsNameIsBuilt() {
    index("by_n", IndexState.ENABLED, false);
    insert(database, "notes", object("n", 1));
    index("by_n", IndexState.BACKFILLED, false);
    insert(database, "notes", object("n", 2));
    assertThat(query("notes", "by_n")).hasSize(2);
  }
}
