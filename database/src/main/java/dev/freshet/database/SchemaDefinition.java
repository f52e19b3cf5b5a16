package dev.freshet.database;

import dev.freshet.values.Validator;
import dev.freshet.values.Validator.AnyValidator;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A schema (spec 40 §11.1): tables, their indexes and validators. Immutable; equal where the
 * definitions are, whatever their order.
 */
public final class SchemaDefinition {
  private final Map<String, TableDefinition> tables = new TreeMap<>();
  private final boolean schemaValidation;
  private @Nullable String json;

  SchemaDefinition(List<TableDefinition> tables, boolean schemaValidation) {
    tables.forEach(table -> this.tables.put(table.name(), table));
    this.schemaValidation = schemaValidation;
  }

  /**
   * Reads what a schema module exports, checks it, and appends {@code _creationTime} to the
   * indexes' fields.
   *
   * @throws dev.freshet.values.FreshetException the errors of spec 40 §5.1 and §11.1, without the
   *     push's prefix
   */
  public static SchemaDefinition evaluate(String exportedJson) {
    return SchemaJson.evaluate(exportedJson);
  }

  /** Reads what {@link #toJson} wrote. */
  public static SchemaDefinition parse(String json) {
    return SchemaJson.parse(json);
  }

  /** The complete JSON: content of {@code _schemas} rows and of the push's answer. */
  public String toJson() {
    String known = json;
    if (known == null) {
      known = SchemaJson.write(this);
      json = known;
    }
    return known;
  }

  /** In the order of their names. */
  public List<TableDefinition> tables() {
    return tables.values().stream().sorted(Comparator.comparing(TableDefinition::name)).toList();
  }

  public @Nullable TableDefinition table(String name) {
    return tables.get(name);
  }

  /** Whether documents are checked at all. */
  public boolean schemaValidation() {
    return schemaValidation;
  }

  /** What documents of a table must match; null: anything goes. */
  @Nullable Validator validator(String table) {
    TableDefinition definition = schemaValidation ? tables.get(table) : null;
    Validator validator = definition == null ? null : definition.documentType();
    return validator instanceof AnyValidator ? null : validator;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SchemaDefinition that && toJson().equals(that.toJson());
  }

  @Override
  public int hashCode() {
    return toJson().hashCode();
  }
}
