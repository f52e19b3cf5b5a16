package dev.freshet.values;

import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A schema (spec 40 §11.1): tables with their indexes and the validators of their documents.
 * Immutable; equal where the definitions are, whatever the order in the JSON.
 *
 * @param tables by name
 * @param schemaValidation whether documents are checked at all
 */
public record DatabaseSchema(SortedMap<String, Table> tables, boolean schemaValidation) {

  /**
   * Reads what a schema module exports, checks it, and appends {@code _creationTime} to the fields
   * of the database indexes.
   *
   * @throws FreshetException the errors of spec 40 §5.1 and §11.1, without the push's prefix;
   *     {@code InvalidSchema} where the JSON has another shape
   */
  public static DatabaseSchema evaluate(String exportedJson) {
    DatabaseSchema schema = new SchemaReader(true).read(exportedJson);
    SchemaFieldChecks.check(schema);
    return schema;
  }

  /** Reads what {@link #toJson} wrote. */
  public static DatabaseSchema parse(String json) {
    return new SchemaReader(false).read(json);
  }

  /** The complete JSON, as it stands in {@code _schemas} rows. */
  public String toJson() {
    return SchemaWriter.write(this);
  }

  public @Nullable Table table(String name) {
    return tables.get(name);
  }

  /** The validator that documents of the table are held to; null: anything goes. */
  public @Nullable Validator enforced(String table) {
    Table definition = tables.get(table);
    return schemaValidation && definition != null ? definition.validator() : null;
  }

  /**
   * A table.
   *
   * @param indexes database indexes by name, staged ones included
   * @param searchIndexes text indexes by name, staged ones included
   * @param vectorIndexes vector indexes by name, staged ones included
   * @param documentType the validator of the documents without system fields; null: anything goes
   * @param stagedDocumentType a validator that is only announced; null: none
   */
  public record Table(
      String name,
      SortedMap<String, Index> indexes,
      SortedMap<String, SearchIndex> searchIndexes,
      SortedMap<String, VectorIndex> vectorIndexes,
      @Nullable Validator documentType,
      @Nullable Validator stagedDocumentType) {

    /** The validator of the documents; null where it is missing or {@code v.any()}. */
    public @Nullable Validator validator() {
      return documentType instanceof Validator.AnyValidator ? null : documentType;
    }
  }

  /** What the kinds of index have in common. */
  public sealed interface AnyIndex {
    String name();

    /** Whether it is only to be built, not yet to be used (spec 40 §5.2). */
    boolean staged();
  }

  /**
   * A database index.
   *
   * @param fields with the {@code _creationTime} that the server appends; without {@code _id}
   */
  public record Index(String name, List<FieldPath> fields, boolean staged) implements AnyIndex {}

  /** A text index. */
  public record SearchIndex(
      String name, FieldPath searchField, SortedSet<FieldPath> filterFields, boolean staged)
      implements AnyIndex {}

  /** A vector index. */
  public record VectorIndex(
      String name,
      FieldPath vectorField,
      int dimensions,
      SortedSet<FieldPath> filterFields,
      boolean staged)
      implements AnyIndex {}

  /** Whether some table has a text index, a staged one included. */
  public boolean usesTextSearch() {
    return tables.values().stream().anyMatch(table -> !table.searchIndexes().isEmpty());
  }

  /** Whether some table has a vector index, a staged one included. */
  public boolean usesVectorSearch() {
    return tables.values().stream().anyMatch(table -> !table.vectorIndexes().isEmpty());
  }
}
