package dev.freshet.database;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.TableNames;
import dev.freshet.values.ValidationFailure;
import dev.freshet.values.Validator;
import dev.freshet.values.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks the documents that exist against a pending schema (spec 40 §11.5). Documents written since
 * the schema was submitted are checked as they are written; a walk that begins after the submission
 * sees all others.
 */
final class SchemaValidation implements BackgroundWorker.Task {
  private static final long REPORT_EVERY = 500;

  private final Database database;

  SchemaValidation(Database database) {
    this.database = database;
  }

  @Override
  public long work(BackgroundWorker.Stop stop) {
    SchemaRow pending = pending();
    while (pending != null && !stop.isRequested()) {
      validate(pending, stop);
      pending = pending();
    }
    return 0;
  }

  private @Nullable SchemaRow pending() {
    SchemaRow row = database.catalog().schemaInProgress(Namespace.ROOT);
    return row != null && row.state() instanceof SchemaState.Pending ? row : null;
  }

  private boolean isPending(SchemaRow row) {
    SchemaRow now = pending();
    return now != null && now.id().equals(row.id());
  }

  private void validate(SchemaRow row, BackgroundWorker.Stop stop) {
    Snapshot snapshot = database.snapshot();
    List<TableLayout> tables = tablesToWalk(snapshot.catalog(), row.schema());
    Engine engine = database.engine();
    long total = 0;
    for (TableLayout layout : tables) {
      total += engine.counts().at(layout.table().storage(), snapshot.timestamp(), engine.readers());
    }
    long done = 0;
    long reported = 0;
    for (TableLayout layout : tables) {
      TableWalk walk = new TableWalk(engine.readers(), layout.table().storage(), null);
      Snapshot seen = database.snapshot();
      List<DocumentRevision> page = walk.next(seen.timestamp());
      while (!page.isEmpty()) {
        if (stop.isRequested() || !isPending(row)) {
          return;
        }
        SchemaState.Failed failure = check(seen.catalog(), row.schema(), layout, page);
        if (failure != null) {
          finish(row, failure, "schema_worker_mark_failed");
          return;
        }
        done += page.size();
        if (done - reported >= Math.max(REPORT_EVERY, total / 20)) {
          reported = done;
          report(row, done, total);
        }
        seen = database.snapshot();
        page = walk.next(seen.timestamp());
      }
    }
    finish(row, new SchemaState.Validated(), "schema_worker_mark_valid");
  }

  /**
   * The tables of which neither the schema in force nor what is known of the documents' shapes
   * promises what the new one demands.
   */
  private List<TableLayout> tablesToWalk(Catalog catalog, SchemaDefinition schema) {
    SchemaRow active = catalog.activeSchema(Namespace.ROOT);
    List<TableLayout> tables = new ArrayList<>();
    for (TableDefinition table : schema.tables()) {
      Validator validator = schema.validator(table.name());
      TableLayout layout = catalog.layout(Namespace.ROOT, table.name());
      if (validator == null || layout == null) {
        continue;
      }
      Validator enforced = active == null ? null : active.schema().validator(table.name());
      if ((enforced == null || !enforced.isSubsetOf(validator))
          && !database.tableShapes().isSubset(layout.table(), validator)) {
        tables.add(layout);
      }
    }
    return tables;
  }

  private static SchemaState.@Nullable Failed check(
      Catalog catalog, SchemaDefinition schema, TableLayout layout, List<DocumentRevision> page) {
    TableInfo table = layout.table();
    Validator validator = schema.validator(table.name());
    if (validator == null) {
      return null;
    }
    TableNames names =
        number -> {
          TableInfo named = catalog.tableByNumber(table.namespace(), number);
          return named == null ? null : Catalog.userName(named.name());
        };
    for (DocumentRevision revision : page) {
      ValidationFailure failure =
          validator.check(
              DocumentChecks.withoutSystemFields(StoredForm.parse(revision.value())), names);
      if (failure != null) {
        return new SchemaState.Failed(
            "Document with ID \""
                + new DocumentId(table.number(), revision.id()).encode()
                + "\" in table \""
                + table.name()
                + "\" does not match the schema: "
                + failure.text(),
            table.name());
      }
    }
    return null;
  }

  private void report(SchemaRow schema, long done, long total) {
    database.run(
        "schema_validation_progress_updated",
        transaction -> {
          Progress.Validation record = new Progress.Validation(schema.id().encode(), done, total);
          SystemTable.Row<Progress.Validation> row = row(transaction, schema);
          if (row == null) {
            Progress.VALIDATIONS.insert(transaction, record);
          } else {
            Progress.VALIDATIONS.replace(transaction, row.id(), record);
          }
        });
  }

  private void finish(SchemaRow schema, SchemaState state, String name) {
    database.run(
        name,
        transaction -> {
          CatalogWriter writer = new CatalogWriter(transaction);
          SchemaRow now = writer.schema(schema.id());
          if (now != null && now.state() instanceof SchemaState.Pending) {
            writer.setSchemaState(schema.id(), state);
          }
          SystemTable.Row<Progress.Validation> row = row(transaction, schema);
          if (row != null) {
            Progress.VALIDATIONS.delete(transaction, row.id());
          }
        });
  }

  private static SystemTable.@Nullable Row<Progress.Validation> row(
      Transaction transaction, SchemaRow schema) {
    return Progress.VALIDATIONS.first(transaction, "by_schema_id", Value.of(schema.id().encode()));
  }
}
