package dev.freshet.database;

import dev.freshet.values.DatabaseSchema;
import dev.freshet.values.FieldPath;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Validator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A schema (spec 40 §11.1) as the database keeps it: tables, their indexes and validators.
 * Immutable; equal where the definitions are, whatever their order.
 */
public final class SchemaDefinition {
  private final DatabaseSchema schema;
  private final Map<String, TableDefinition> tables = new TreeMap<>();
  private @Nullable String json;

  private SchemaDefinition(DatabaseSchema schema) {
    this.schema = schema;
    schema.tables().forEach((name, table) -> tables.put(name, definition(table)));
  }

  private static TableDefinition definition(DatabaseSchema.Table table) {
    List<IndexDefinition> indexes = new ArrayList<>();
    for (DatabaseSchema.Index index : table.indexes().values()) {
      List<String> fields = index.fields().stream().map(FieldPath::toString).toList();
      indexes.add(new IndexDefinition(index.name(), fields, index.staged()));
    }
    return new TableDefinition(table.name(), List.copyOf(indexes), table.documentType());
  }

  /**
   * Reads what a schema module exports, checks it, and appends {@code _creationTime} to the
   * indexes' fields.
   *
   * @throws FreshetException the errors of spec 40 §5.1 and §11.1, without the push's prefix; text
   *     and vector indexes are not available yet
   */
  public static SchemaDefinition evaluate(String exportedJson) {
    DatabaseSchema schema = DatabaseSchema.evaluate(exportedJson);
    if (schema.usesTextSearch()) {
      throw FreshetException.notYetAvailable("Text search");
    }
    if (schema.usesVectorSearch()) {
      throw FreshetException.notYetAvailable("Vector search");
    }
    return new SchemaDefinition(schema);
  }

  /** Reads what {@link #toJson} wrote. */
  public static SchemaDefinition parse(String json) {
    return new SchemaDefinition(DatabaseSchema.parse(json));
  }

  /** The complete JSON: content of {@code _schemas} rows and of the push's answer. */
  public String toJson() {
    String known = json;
    if (known == null) {
      known = schema.toJson();
      json = known;
    }
    return known;
  }

  /** In the order of their names. */
  public List<TableDefinition> tables() {
    return List.copyOf(tables.values());
  }

  public @Nullable TableDefinition table(String name) {
    return tables.get(name);
  }

  /** Whether documents are checked at all. */
  public boolean schemaValidation() {
    return schema.schemaValidation();
  }

  /** What documents of a table must match; null: anything goes. */
  @Nullable Validator validator(String table) {
    return schema.enforced(table);
  }

  /** Why a table can't be dropped under this schema; null if it can. */
  @Nullable String needFor(String table) {
    String failed = "Failed to delete table \"" + table + "\" because ";
    if (tables.containsKey(table)) {
      return failed + "it appears in the schema";
    }
    for (TableDefinition other : tables.values()) {
      Validator documents = other.documentType();
      if (documents != null && documents.tables().contains(table)) {
        String reference = "`v.id(\"" + table + "\")`";
        return failed + reference + " appears in the schema of table \"" + other.name() + "\"";
      }
    }
    return null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SchemaDefinition that && schema.equals(that.schema);
  }

  @Override
  public int hashCode() {
    return schema.hashCode();
  }
}
