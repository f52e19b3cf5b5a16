package dev.freshet.database;

import dev.freshet.values.Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How far the database's own background work is, for dashboards and restarts (spec 40 §4.3). */
final class Progress {
  /**
   * A row of {@code _index_backfills}.
   *
   * @param index the index's row id, encoded
   * @param cursor the last document that was done; null: none
   */
  record Backfill(String index, long done, @Nullable Long total, @Nullable String cursor) {}

  /** A row of {@code _schema_validation_progress}. */
  record Validation(String schema, long done, @Nullable Long total) {}

  static final SystemTable<Backfill> BACKFILLS =
      new SystemTable<>(
          "_index_backfills",
          548,
          List.of(SystemTable.Index.of("by_index_id", "indexId", "_creationTime")),
          Progress::encode,
          Progress::backfill);

  static final SystemTable<Validation> VALIDATIONS =
      new SystemTable<>(
          "_schema_validation_progress",
          549,
          List.of(SystemTable.Index.of("by_schema_id", "schemaId", "_creationTime")),
          Progress::encode,
          Progress::validation);

  static final List<SystemTable<?>> TABLES = List.of(BACKFILLS, VALIDATIONS);

  private Progress() {}

  private static ObjectValue encode(Backfill row) {
    TreeMap<String, Value> fields = new TreeMap<>();
    fields.put("indexId", Value.of(row.index()));
    fields.put("numDocsIndexed", Value.of(row.done()));
    if (row.total() != null) {
      fields.put("totalDocs", Value.of(row.total().longValue()));
    }
    if (row.cursor() != null) {
      fields.put("cursor", Value.of(row.cursor()));
    }
    return ObjectValue.of(fields);
  }

  private static Backfill backfill(ObjectValue row) {
    return new Backfill(
        CatalogRows.string(row, "indexId"),
        CatalogRows.integer(row, "numDocsIndexed"),
        row.get("totalDocs") instanceof Int64Value(long total) ? total : null,
        row.get("cursor") instanceof Value.StringValue(String cursor) ? cursor : null);
  }

  private static ObjectValue encode(Validation row) {
    TreeMap<String, Value> fields = new TreeMap<>();
    fields.put("schemaId", Value.of(row.schema()));
    fields.put("numDocsValidated", Value.of(row.done()));
    if (row.total() != null) {
      fields.put("totalDocs", Value.of(row.total().longValue()));
    }
    return ObjectValue.of(fields);
  }

  private static Validation validation(ObjectValue row) {
    return new Validation(
        CatalogRows.string(row, "schemaId"),
        CatalogRows.integer(row, "numDocsValidated"),
        row.get("totalDocs") instanceof Int64Value(long total) ? total : null);
  }
}
