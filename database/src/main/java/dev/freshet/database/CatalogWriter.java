package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Identifiers;
import dev.freshet.values.InternalId;
import dev.freshet.values.Limit;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Changes tables, indexes and schemas inside a transaction (spec 40 §4.1, §5.2, §11.3). Their rows
 * pass the ordinary gate for writes, which updates the transaction's catalog.
 */
final class CatalogWriter {
  private static final int FIRST_USER_NUMBER = 10_001;
  private static final int FIRST_SYSTEM_NUMBER = 513;
  private static final int LAST_SYSTEM_NUMBER = 9_999;

  private static final long SCHEMA_KEPT_MILLIS = TimeUnit.HOURS.toMillis(1);

  private final Transaction transaction;

  CatalogWriter(Transaction transaction) {
    this.transaction = transaction;
  }

  /** Creates a user table with its two built-in indexes. */
  TableLayout createTable(Namespace namespace, String name) {
    if (!Identifiers.isIdentifier(name)) {
      throw badRequest(
          "InvalidTableName",
          "Invalid table name: \""
              + name
              + "\". Identifiers must start with a letter and consist of letters, digits and"
              + " underscores, at most 64 of them.");
    }
    if (name.startsWith("_")) {
      throw badRequest("TableNameReserved", name + " is a reserved table name.");
    }
    long maximum = transaction.engine().limits().get(Limit.MAX_USER_TABLES);
    if (transaction.catalog().userTables() >= maximum) {
      throw badRequest("TooManyTables", "Number of tables cannot exceed " + maximum + ".");
    }
    return createTable(
        namespace,
        name,
        transaction.catalog().firstFreeNumber(namespace, FIRST_USER_NUMBER, Integer.MAX_VALUE));
  }

  /** Creates a system table, if possible with its preferred number. */
  TableLayout createSystemTable(Namespace namespace, String name, int preferredNumber) {
    Catalog catalog = transaction.catalog();
    int number =
        catalog.isNumberTaken(namespace, preferredNumber)
            ? catalog.firstFreeNumber(namespace, FIRST_SYSTEM_NUMBER, LAST_SYSTEM_NUMBER)
            : preferredNumber;
    return createTable(namespace, name, number);
  }

  private TableLayout createTable(Namespace namespace, String name, int number) {
    Engine engine = transaction.engine();
    // Two transactions that take the same number must not both commit.
    transaction
        .reads()
        .system(Bootstrap.TABLES_BY_NUMBER, KeyRange.prefix(SortKey.of(Value.of((long) number))));
    transaction
        .reads()
        .system(Bootstrap.TABLES_BY_NAME, KeyRange.prefix(SortKey.of(Value.of(name))));
    InternalId tablet = newId();
    TableInfo table =
        new TableInfo(tablet, namespace, name, number, TableState.ACTIVE, engine.numbers().take());
    transaction.insert(systemLayout("_tables"), tablet, CatalogRows.table(table));
    createIndex(tablet, IndexInfo.BY_ID, List.of(), IndexState.ENABLED, false);
    createIndex(
        tablet, IndexInfo.BY_CREATION_TIME, List.of("_creationTime"), IndexState.ENABLED, false);
    return layout(tablet);
  }

  IndexInfo createIndex(
      InternalId tablet, String descriptor, List<String> fields, IndexState state, boolean staged) {
    IndexInfo index =
        new IndexInfo(
            newId(),
            tablet,
            descriptor,
            fields,
            state,
            staged,
            transaction.engine().numbers().take());
    transaction.insert(systemLayout("_index"), index.id(), CatalogRows.index(index));
    return index;
  }

  void updateIndex(IndexInfo index) {
    TableLayout rows = systemLayout("_index");
    DocumentId id = new DocumentId(rows.table().number(), index.id());
    transaction.replaceRow(rows, id, CatalogRows.index(index));
  }

  void dropIndex(IndexInfo index) {
    TableLayout rows = systemLayout("_index");
    transaction.deleteRow(rows, new DocumentId(rows.table().number(), index.id()));
  }

  /**
   * Tombstones a table: it is gone for all readers; its documents are purged later. What schemas
   * say about it is the caller's affair.
   */
  void dropTable(TableInfo table) {
    TableLayout layout = layout(table.tablet());
    layout.indexes().forEach(this::dropIndex);
    setTableState(table, TableState.DELETING);
  }

  void setTableState(TableInfo table, TableState state) {
    TableLayout rows = systemLayout("_tables");
    transaction.replaceRow(
        rows,
        new DocumentId(rows.table().number(), table.tablet()),
        CatalogRows.table(table.withState(state)));
  }

  /** Removes the row of a dropped table that is empty. */
  void forgetTable(TableInfo table) {
    TableLayout rows = systemLayout("_tables");
    if (transaction.read(rows, table.tablet()) != null) {
      transaction.deleteRow(rows, new DocumentId(rows.table().number(), table.tablet()));
    }
  }

  DocumentId insertSchema(SchemaState state, SchemaDefinition schema) {
    return transaction.insert(systemLayout("_schemas"), CatalogRows.schema(state, schema)).id();
  }

  void setSchemaState(DocumentId id, SchemaState state) {
    TableLayout rows = systemLayout("_schemas");
    Document row = transaction.read(rows, id.internalId());
    if (row == null) {
      throw FreshetException.internal("a schema has disappeared", null);
    }
    SchemaDefinition schema = CatalogRows.schema(id, row.value()).schema();
    transaction.replaceRow(rows, id, CatalogRows.schema(state, schema));
  }

  /** Forgets schemas that failed or were overwritten a while ago. */
  void deleteOldSchemas() {
    TableLayout rows = systemLayout("_schemas");
    IndexInfo byState = rows.enabled("by_state");
    double oldest = transaction.engine().clock().unixMillis() - SCHEMA_KEPT_MILLIS;
    if (byState == null) {
      return;
    }
    for (String state : List.of("failed", "overwritten")) {
      KeyRange range = KeyRange.prefix(SortKey.of(Value.of(state)));
      IndexStream stream = IndexStream.internal(transaction, rows, byState, range, 0);
      for (IndexStream.Row row = stream.next(); row != null; row = stream.next()) {
        Document schema = row.document();
        if (schema.value().get("_creationTime") instanceof Value.Float64Value(double time)
            && time < oldest) {
          transaction.deleteRow(rows, schema.id());
        }
      }
    }
  }

  /** A schema with its state, also a failed or overwritten one. */
  @Nullable SchemaRow schema(DocumentId id) {
    TableLayout rows = systemLayout("_schemas");
    if (id.tableNumber() != rows.table().number()) {
      return null;
    }
    Document row = transaction.read(rows, id.internalId());
    return row == null ? null : CatalogRows.schema(id, row.value());
  }

  private TableLayout systemLayout(String name) {
    TableLayout layout = transaction.catalog().layout(Namespace.ROOT, name);
    if (layout == null) {
      throw FreshetException.internal("the system table " + name + " is missing", null);
    }
    return layout;
  }

  private TableLayout layout(InternalId tablet) {
    TableLayout layout = transaction.catalog().layout(tablet);
    if (layout == null) {
      throw new IllegalStateException("a table just created is missing");
    }
    return layout;
  }

  private InternalId newId() {
    Engine engine = transaction.engine();
    return InternalId.random(engine.random(), engine.clock().unixMillis());
  }
}
