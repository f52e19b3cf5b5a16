package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.TableNames;
import dev.freshet.values.ValidationFailure;
import dev.freshet.values.Validator;
import dev.freshet.values.Value.ObjectValue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The one gate for writes: user functions, system functions, imports and the catalog's own rows all
 * pass it. It checks the document, counts the write, enforces the schemas, and has the index keys
 * computed.
 */
final class DocumentWriter {
  private final Transaction transaction;

  DocumentWriter(Transaction transaction) {
    this.transaction = transaction;
  }

  /**
   * Writes a document's new state.
   *
   * @param old null: it is new
   * @return the new state; the old one if nothing changed, and then nothing is written
   */
  Document write(TableLayout layout, DocumentId id, @Nullable Document old, ObjectValue value) {
    TableInfo table = layout.table();
    long size = DocumentChecks.check(value, id, table.isSystem(), transaction.engine().limits());
    byte[] stored = StoredForm.of(value);
    if (old != null && Arrays.equals(old.stored(), stored)) {
      return old;
    }
    dependOnCatalog(layout);
    if (!table.isSystem()) {
      enforceSchemas(table, value);
    }
    transaction.counters().write(table.isSystem(), size);
    Document document = new Document(id, 0, stored, value);
    transaction.writes().put(layout, id.internalId(), old, document);
    applyToCatalog(table, id, value);
    return document;
  }

  void delete(TableLayout layout, DocumentId id, Document old) {
    dependOnCatalog(layout);
    transaction.counters().write(layout.table().isSystem(), 0);
    transaction.writes().put(layout, id.internalId(), old, null);
    applyToCatalog(layout.table(), id, null);
  }

  /** A write maintains the table's indexes and satisfies its schemas: it depends on both. */
  private void dependOnCatalog(TableLayout layout) {
    ReadRecorder reads = transaction.reads();
    reads.system(Bootstrap.TABLES_BY_ID, layout.tableRow);
    reads.system(Bootstrap.INDEX_BY_TABLE_ID, layout.indexRows);
    if (!layout.table().isSystem()) {
      for (KeyRange range : Bootstrap.LIVE_SCHEMAS) {
        reads.system(Bootstrap.SCHEMAS_BY_STATE, range);
      }
    }
  }

  private void enforceSchemas(TableInfo table, ObjectValue value) {
    Catalog catalog = transaction.catalog();
    SchemaRow active = catalog.activeSchema(table.namespace());
    SchemaRow next = catalog.schemaInProgress(table.namespace());
    if (active == null && next == null) {
      return;
    }
    ObjectValue bare = DocumentChecks.withoutSystemFields(value);
    if (active != null) {
      ValidationFailure failure = check(active.schema(), table, bare);
      if (failure != null) {
        throw badRequest(
            "SchemaEnforcementError",
            "Failed to insert or update a document in table \""
                + table.name()
                + "\" because it does not match the schema: "
                + failure.text());
      }
    }
    if (next != null) {
      ValidationFailure failure = check(next.schema(), table, bare);
      if (failure != null) {
        new CatalogWriter(transaction)
            .setSchemaState(
                next.id(),
                new SchemaState.Failed(
                    "New document in table \""
                        + table.name()
                        + "\" does not match the schema: "
                        + failure.text(),
                    table.name()));
      }
    }
  }

  private @Nullable ValidationFailure check(
      SchemaDefinition schema, TableInfo table, ObjectValue bare) {
    Validator validator = schema.validator(table.name());
    return validator == null ? null : validator.check(bare, tableNames(transaction));
  }

  /** The tables as validators of ids know them. */
  static TableNames tableNames(Transaction transaction) {
    return number -> {
      TableLayout layout = transaction.storedLayoutByNumber(number);
      return layout == null ? null : Catalog.userName(layout.table().name());
    };
  }

  private void applyToCatalog(TableInfo table, DocumentId id, @Nullable ObjectValue row) {
    if (table.storage() <= Bootstrap.SCHEMAS) {
      transaction.setCatalog(CatalogRows.apply(transaction.catalog(), table.storage(), id, row));
    }
  }
}
