package dev.freshet.database;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What pushes and imports that nobody will finish have left in the catalog and the tables about
 * progress (spec 40 §10.5). To be removed now and then, in a transaction of its own.
 */
public final class Leftovers {
  private static final long PUSH_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final long HIDDEN_TABLE_NANOS = TimeUnit.DAYS.toNanos(14);

  private final Transaction transaction;
  private final Catalog catalog;
  private final CatalogWriter writer;
  private final long now;

  private Leftovers(Transaction transaction) {
    this.transaction = transaction;
    this.catalog = transaction.catalog();
    this.writer = new CatalogWriter(transaction);
    this.now = transaction.engine().clock().unixNanos();
  }

  /** Removes all of it. */
  public static void remove(Transaction transaction) {
    Leftovers leftovers = new Leftovers(transaction);
    transaction.reads().system(Bootstrap.INDEX_BY_TABLE_ID, KeyRange.ALL);
    transaction.reads().system(Bootstrap.TABLES_BY_NAME, KeyRange.ALL);
    leftovers.writer.deleteOldSchemas();
    leftovers.endAbandonedPush();
    leftovers.dropHiddenTables();
    leftovers.deleteProgress();
  }

  /**
   * A schema that is ready, and indexes that are, for an hour, without anybody finishing the push.
   * They would cost every write until the next push. One that still waits for documents to be
   * checked or indexes to be built is left alone: that comes to an end.
   */
  private void endAbandonedPush() {
    for (KeyRange range : Bootstrap.LIVE_SCHEMAS) {
      transaction.reads().system(Bootstrap.SCHEMAS_BY_STATE, range);
    }
    List<IndexInfo> ready = new ArrayList<>();
    for (TableLayout layout : catalog.layouts()) {
      for (IndexInfo index : layout.indexes()) {
        if (index.state() == IndexState.BACKFILLING) {
          return;
        }
        if (index.state() == IndexState.BACKFILLED && !index.staged()) {
          ready.add(index);
        }
      }
    }
    SchemaRow schema = catalog.schemaInProgress(Namespace.ROOT);
    boolean old =
        ready.stream().allMatch(index -> isOlder(Bootstrap.INDEX, index.id(), PUSH_NANOS))
            && (schema == null
                || (schema.state() instanceof SchemaState.Validated
                    && isOlder(Bootstrap.SCHEMAS, schema.id().internalId(), PUSH_NANOS)));
    if (old) {
      ready.forEach(writer::dropIndex);
      if (schema != null) {
        writer.setSchemaState(schema.id(), new SchemaState.Overwritten());
      }
    }
  }

  /** Imports that were never brought to an end. */
  private void dropHiddenTables() {
    for (TableInfo table : catalog.tables(TableState.HIDDEN)) {
      if (isOlder(Bootstrap.TABLES, table.tablet(), HIDDEN_TABLE_NANOS)) {
        writer.dropTable(table);
      }
    }
  }

  /** Progress of indexes that were dropped, and of schemas that were replaced, meanwhile. */
  private void deleteProgress() {
    Set<InternalId> running = new HashSet<>();
    for (TableLayout layout : catalog.layouts()) {
      layout.indexes().stream()
          .filter(index -> index.state() == IndexState.BACKFILLING)
          .forEach(index -> running.add(index.id()));
    }
    SchemaRow schema = catalog.schemaInProgress(Namespace.ROOT);
    if (schema != null) {
      running.add(schema.id().internalId());
    }
    for (SystemTable.Row<Progress.Backfill> row : Progress.BACKFILLS.all(transaction)) {
      if (!running.contains(DocumentId.decode(row.record().index()).internalId())) {
        Progress.BACKFILLS.delete(transaction, row.id());
      }
    }
    for (SystemTable.Row<Progress.Validation> row : Progress.VALIDATIONS.all(transaction)) {
      if (!running.contains(DocumentId.decode(row.record().schema()).internalId())) {
        Progress.VALIDATIONS.delete(transaction, row.id());
      }
    }
  }

  /** Whether a row of a table of the catalog was last written that long ago. */
  private boolean isOlder(long table, InternalId id, long nanos) {
    long at = transaction.beginTimestamp();
    DocumentRevision row =
        transaction.engine().readers().readAt(at, reader -> reader.document(table, id, at));
    return row != null && row.timestamp() < now - nanos;
  }
}
