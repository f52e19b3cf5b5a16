package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The schemas and indexes of a namespace as a push changes them (spec 20 §8, §11-12; 40 §5.2,
 * §11.3), inside a transaction. The work that follows (backfilling indexes, checking documents) is
 * the database's own and starts when the transaction commits. To wait for it, subscribe to the read
 * set of a transaction that asked for {@link #progress}.
 */
public final class SchemaStore {
  private final Transaction transaction;
  private final Namespace namespace;
  private final CatalogWriter writer;

  private SchemaStore(Transaction transaction, Namespace namespace) {
    this.transaction = transaction;
    this.namespace = namespace;
    this.writer = new CatalogWriter(transaction);
  }

  public static SchemaStore in(Transaction transaction, Namespace namespace) {
    return new SchemaStore(transaction, namespace);
  }

  /** The schema in force. */
  public @Nullable SchemaDefinition active() {
    dependOnSchemas();
    SchemaRow row = transaction.catalog().activeSchema(namespace);
    return row == null ? null : row.schema();
  }

  /** The state of a schema; null if it doesn't exist (any more). */
  public @Nullable SchemaState state(DocumentId schema) {
    SchemaRow row = writer.schema(schema);
    return row == null ? null : row.state();
  }

  /** How a push of this schema would change the indexes; null: of no schema. Changes nothing. */
  public IndexDiff diffIndexes(@Nullable SchemaDefinition schema) {
    return plan(schema).diff();
  }

  /**
   * Start of a push: creates missing tables, drops indexes that are not enabled yet and have no
   * place in the schema, adds its new ones (to be backfilled), and sets staged flags. Enabled
   * indexes stay until {@link #applyIndexes}.
   */
  public IndexDiff prepareIndexes(@Nullable SchemaDefinition schema) {
    createTables(schema);
    IndexPlan plan = plan(schema);
    for (IndexInfo index : plan.unwanted()) {
      if (index.state() != IndexState.ENABLED) {
        writer.dropIndex(index);
      }
    }
    for (IndexPlan.Match match : plan.matches()) {
      IndexInfo index = match.index();
      if (index.state() != IndexState.ENABLED && index.staged() != match.wanted().staged()) {
        writer.updateIndex(index.withState(index.state(), match.wanted().staged()));
      }
    }
    for (IndexDiff.Entry added : plan.diff().added()) {
      TableLayout layout = transaction.storedLayout(namespace, added.table());
      if (layout != null) {
        writer.createIndex(
            layout.table().tablet(),
            added.index().descriptor(),
            added.index().fields(),
            transaction.isCreatedHere(layout.table())
                ? IndexState.BACKFILLED
                : IndexState.BACKFILLING,
            added.index().staged());
      }
    }
    return plan.diff();
  }

  private void createTables(@Nullable SchemaDefinition schema) {
    if (schema != null) {
      for (TableDefinition table : schema.tables()) {
        if (transaction.storedLayout(namespace, table.name()) == null) {
          writer.createTable(namespace, table.name());
        }
      }
    }
  }

  /** Start of a push: makes the schema the pending one, unless an equal one is known; its id. */
  public DocumentId submitPending(SchemaDefinition schema) {
    dependOnSchemas();
    createTables(schema);
    SchemaRow active = transaction.catalog().activeSchema(namespace);
    SchemaRow next = transaction.catalog().schemaInProgress(namespace);
    if (active != null && active.schema().equals(schema)) {
      if (next != null) {
        writer.setSchemaState(next.id(), new SchemaState.Overwritten());
      }
      return active.id();
    }
    if (next != null) {
      if (next.schema().equals(schema)) {
        return next.id();
      }
      writer.setSchemaState(next.id(), new SchemaState.Overwritten());
    }
    writer.deleteOldSchemas();
    return writer.insertSchema(new SchemaState.Pending(), schema);
  }

  /**
   * End of a push: activates a validated schema; null: no schema is in force any more. Returns what
   * was active before.
   *
   * @throws FreshetException {@code SchemaAlreadyFailed}, {@code SchemaAlreadyOverwritten}, {@code
   *     SchemaNotValidated}
   */
  public @Nullable SchemaDefinition apply(@Nullable DocumentId schema) {
    dependOnSchemas();
    SchemaRow active = transaction.catalog().activeSchema(namespace);
    SchemaRow next = transaction.catalog().schemaInProgress(namespace);
    if (schema == null) {
      if (next != null) {
        writer.setSchemaState(next.id(), new SchemaState.Overwritten());
      }
    } else if (isActivated(schema)) {
      return active == null ? null : active.schema();
    }
    if (active != null) {
      writer.setSchemaState(active.id(), new SchemaState.Overwritten());
    }
    if (schema != null) {
      writer.setSchemaState(schema, new SchemaState.Active());
    }
    return active == null ? null : active.schema();
  }

  /** Whether the schema is active already; fails unless it can be. */
  private boolean isActivated(DocumentId schema) {
    SchemaState state = state(schema);
    return switch (state) {
      case null ->
          throw badRequest("SchemaAlreadyOverwritten", "Schema has already been overwritten.");
      case SchemaState.Active _ -> true;
      case SchemaState.Validated _ -> false;
      case SchemaState.Pending _ ->
          throw badRequest("SchemaNotValidated", "Schema has not been validated yet.");
      case SchemaState.Failed(String error, _) ->
          throw badRequest(
              "SchemaAlreadyFailed", "Schema has already been failed with error: " + error);
      case SchemaState.Overwritten _ ->
          throw badRequest("SchemaAlreadyOverwritten", "Schema has already been overwritten.");
    };
  }

  /**
   * End of a push: enables built indexes of the schema and drops those it doesn't have. Returns
   * what it did; an index that became usable for the first time is among the added ones.
   *
   * @throws FreshetException {@code IndexNotReady} if an index of the schema is not built yet
   */
  public IndexDiff applyIndexes(@Nullable SchemaDefinition schema) {
    IndexPlan plan = plan(schema);
    List<IndexDiff.Entry> removed = new ArrayList<>();
    List<IndexDiff.Entry> enabled = new ArrayList<>();
    List<IndexDiff.Entry> disabled = new ArrayList<>();
    for (IndexInfo index : plan.unwanted()) {
      writer.dropIndex(index);
      removed.add(entry(index));
    }
    if (!plan.diff().added().isEmpty()) {
      throw notReady(plan.diff().added().getFirst().name());
    }
    for (IndexPlan.Match match : plan.matches()) {
      IndexInfo index = match.index();
      boolean staged = match.wanted().staged();
      if (!staged && index.state() == IndexState.BACKFILLING) {
        throw notReady(entry(index).name());
      }
      if (!staged && index.state() == IndexState.BACKFILLED) {
        writer.updateIndex(index.withState(IndexState.ENABLED, false));
        enabled.add(entry(index));
      } else if (staged && index.state() == IndexState.ENABLED) {
        writer.updateIndex(index.withState(IndexState.BACKFILLED, true));
        disabled.add(entry(index));
      }
    }
    return new IndexDiff(enabled, removed, List.of(), disabled);
  }

  private static FreshetException notReady(String index) {
    return badRequest("IndexNotReady", "Index " + index + " is not built yet.");
  }

  private IndexDiff.Entry entry(IndexInfo index) {
    TableInfo table = transaction.catalog().table(index.tablet());
    return IndexPlan.entry(table == null ? "" : table.name(), index);
  }

  /**
   * Drops a user table with its documents (spec 40 §4.1, §11.4): it is gone for all readers once
   * this commits. A schema in progress that mentions it fails.
   *
   * @return whether there was one
   * @throws FreshetException {@code SchemaEnforcementError} if the schema in force mentions it
   */
  public boolean dropTable(String name) {
    TableLayout layout = transaction.storedLayout(namespace, name);
    if (layout == null || layout.table().isSystem()) {
      return false;
    }
    dependOnSchemas();
    SchemaRow active = transaction.catalog().activeSchema(namespace);
    String need = active == null ? null : active.schema().needFor(name);
    if (need != null) {
      throw badRequest("SchemaEnforcementError", need);
    }
    SchemaRow next = transaction.catalog().schemaInProgress(namespace);
    String later = next == null ? null : next.schema().needFor(name);
    if (next != null && later != null) {
      writer.setSchemaState(next.id(), new SchemaState.Failed(later, name));
    }
    writer.dropTable(layout.table());
    return true;
  }

  /** How far a submitted schema and the namespace's indexes are. */
  public SchemaProgress progress(DocumentId schema) {
    SchemaState state = state(schema);
    dependOnIndexes();
    int complete = 0;
    int total = 0;
    for (TableInfo table : transaction.catalog().tables(namespace)) {
      if (!table.isSystem()) {
        for (IndexInfo index : transaction.catalog().indexes(table)) {
          if (!index.isBuiltIn() && !index.staged()) {
            total++;
            complete += index.state() == IndexState.BACKFILLING ? 0 : 1;
          }
        }
      }
    }
    return new SchemaProgress(
        state == null ? new SchemaState.Overwritten() : state, complete, total);
  }

  /** How far the validation of a submitted schema is; null unless one is going on and said so. */
  public @Nullable WorkProgress validationProgress() {
    for (SystemTable.Row<Progress.Validation> row : Progress.VALIDATIONS.all(transaction)) {
      Progress.Validation record = row.record();
      if (state(DocumentId.decode(record.schema())) instanceof SchemaState.Pending) {
        return new WorkProgress(record.done(), record.total());
      }
    }
    return null;
  }

  /** How far the building of an index is; null unless it is being built and said so. */
  public @Nullable WorkProgress buildingProgress(IndexInfo index) {
    SystemTable.Row<Progress.Backfill> row =
        index.state() == IndexState.BACKFILLING ? IndexBackfill.row(transaction, index) : null;
    return row == null ? null : new WorkProgress(row.record().done(), row.record().total());
  }

  private IndexPlan plan(@Nullable SchemaDefinition schema) {
    dependOnIndexes();
    return IndexPlan.of(transaction.catalog(), namespace, schema);
  }

  /** Every index matters, and every table by its name. */
  private void dependOnIndexes() {
    transaction.reads().system(Bootstrap.INDEX_BY_TABLE_ID, KeyRange.ALL);
    transaction.reads().system(Bootstrap.TABLES_BY_NAME, KeyRange.ALL);
  }

  private void dependOnSchemas() {
    for (KeyRange range : Bootstrap.LIVE_SCHEMAS) {
      transaction.reads().system(Bootstrap.SCHEMAS_BY_STATE, range);
    }
  }
}
