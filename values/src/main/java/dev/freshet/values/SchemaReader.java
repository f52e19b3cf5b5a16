package dev.freshet.values;

import dev.freshet.values.DatabaseSchema.AnyIndex;
import dev.freshet.values.DatabaseSchema.Index;
import dev.freshet.values.DatabaseSchema.SearchIndex;
import dev.freshet.values.DatabaseSchema.Table;
import dev.freshet.values.DatabaseSchema.VectorIndex;
import dev.freshet.values.Validator.AnyValidator;
import dev.freshet.values.Validator.Field;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.UnionValidator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of schemas (spec 40 §5.1, §11.1): as users export it, with all checks, or as it
 * was stored, with {@code _creationTime} in the indexes' fields already.
 */
final class SchemaReader {
  private static final int MAX_FILTER_FIELDS = 16;
  private static final int MIN_DIMENSIONS = 2;
  private static final int MAX_DIMENSIONS = 4096;
  private static final String NAME_RULE =
      " Identifiers must start with a letter and can only contain letters, digits, and"
          + " underscores, 64 at most.";

  private final boolean exported;
  private final Limits limits = Limits.defaults();

  SchemaReader(boolean exported) {
    this.exported = exported;
  }

  DatabaseSchema read(String json) {
    Map<String, Object> schema = JsonTree.object(JsonTree.parse(json));
    if (schema == null) {
      throw invalid("A schema must be an object");
    }
    SortedMap<String, Table> tables = new TreeMap<>();
    for (Object element : array(schema, "tables")) {
      Map<String, Object> table = JsonTree.object(element);
      if (table == null) {
        throw invalid("A table of a schema must be an object");
      }
      String name = string(table, "tableName");
      checkTableName(name);
      if (tables.containsKey(name)) {
        throw invalid("Table \"" + name + "\" is defined twice");
      }
      tables.put(name, table(name, table));
    }
    boolean validation = Boolean.TRUE.equals(schema.get("schemaValidation"));
    return new DatabaseSchema(Collections.unmodifiableSortedMap(tables), validation);
  }

  private Table table(String name, Map<String, Object> json) {
    Indexes indexes;
    Validator documentType;
    Validator stagedDocumentType;
    try {
      indexes = new Indexes(json);
      documentType = documentType(json.get("documentType"));
      stagedDocumentType = documentType(json.get("stagedDocumentType"));
    } catch (FreshetException e) {
      throw e.prefixed("In table \"" + name + "\": ");
    }
    checkNamesUnique(name, indexes);
    checkSpecsUnique(name, indexes);
    if (exported && indexes.count() > limits.get(Limit.MAX_INDEXES_PER_TABLE)) {
      throw FreshetException.badRequest(
          "TooManyIndexes",
          "Table \""
              + name
              + "\" cannot have more than "
              + limits.get(Limit.MAX_INDEXES_PER_TABLE)
              + " indexes.");
    }
    return new Table(
        name,
        byName(indexes.database),
        byName(indexes.search),
        byName(indexes.vector),
        documentType,
        stagedDocumentType);
  }

  /** The indexes of one table, in the order of the JSON. */
  private final class Indexes {
    final List<Index> database = new ArrayList<>();
    final List<SearchIndex> search = new ArrayList<>();
    final List<VectorIndex> vector = new ArrayList<>();

    Indexes(Map<String, Object> table) {
      each(table, "indexes", json -> database.add(index(json, false)));
      each(table, "stagedDbIndexes", json -> database.add(index(json, true)));
      each(table, "searchIndexes", json -> search.add(searchIndex(json, false)));
      each(table, "stagedSearchIndexes", json -> search.add(searchIndex(json, true)));
      each(table, "vectorIndexes", json -> vector.add(vectorIndex(json, false)));
      each(table, "stagedVectorIndexes", json -> vector.add(vectorIndex(json, true)));
    }

    int count() {
      return database.size() + search.size() + vector.size();
    }

    List<AnyIndex> all() {
      List<AnyIndex> all = new ArrayList<>(database);
      all.addAll(search);
      all.addAll(vector);
      return all;
    }
  }

  private interface IndexJson {
    void read(Map<String, Object> json);
  }

  private void each(Map<String, Object> table, String key, IndexJson reader) {
    for (Object element : table.containsKey(key) ? array(table, key) : List.of()) {
      Map<String, Object> json = JsonTree.object(element);
      if (json == null) {
        throw invalid("An index must be an object");
      }
      String name = string(json, "indexDescriptor");
      checkIndexName(name);
      try {
        reader.read(json);
      } catch (FreshetException e) {
        throw e.prefixed("In index \"" + name + "\": ");
      }
    }
  }

  private Index index(Map<String, Object> json, boolean staged) {
    List<FieldPath> fields = fieldPaths(json, "fields");
    requireUnique(fields);
    if (exported) {
      requireUserFields(fields);
      if (!fields.isEmpty()) { // an empty one is refused with the table's name
        fields.add(FieldPath.CREATION_TIME);
      }
      int maximum = limits.getInt(Limit.MAX_FIELDS_PER_INDEX);
      if (fields.size() > maximum) {
        throw FreshetException.badRequest(
            "IndexTooManyFields", "Indexes may have up to " + maximum + " fields.");
      }
    }
    return new Index(string(json, "indexDescriptor"), List.copyOf(fields), staged);
  }

  private SearchIndex searchIndex(Map<String, Object> json, boolean staged) {
    return new SearchIndex(
        string(json, "indexDescriptor"),
        fieldPath(string(json, "searchField")),
        filterFields(json),
        staged);
  }

  private VectorIndex vectorIndex(Map<String, Object> json, boolean staged) {
    Object dimensions =
        json.containsKey("dimensions") ? json.get("dimensions") : json.get("dimension");
    if (!(dimensions instanceof Double number)
        || number < MIN_DIMENSIONS
        || number > MAX_DIMENSIONS
        || number != Math.rint(number)) {
      throw FreshetException.badRequest(
          "InvalidVectorDimensionError",
          "Dimensions "
              + (dimensions instanceof Double d ? ValueText.print(d) : dimensions)
              + " must be between "
              + MIN_DIMENSIONS
              + " and "
              + MAX_DIMENSIONS
              + ".");
    }
    return new VectorIndex(
        string(json, "indexDescriptor"),
        fieldPath(string(json, "vectorField")),
        number.intValue(),
        filterFields(json),
        staged);
  }

  private SortedSet<FieldPath> filterFields(Map<String, Object> json) {
    List<FieldPath> fields =
        json.containsKey("filterFields") ? fieldPaths(json, "filterFields") : List.of();
    requireUnique(fields);
    if (fields.size() > MAX_FILTER_FIELDS) {
      throw FreshetException.badRequest(
          "IndexTooManyFilterFields",
          "Search indexes may have up to " + MAX_FILTER_FIELDS + " filter fields.");
    }
    return Collections.unmodifiableSortedSet(new TreeSet<>(fields));
  }

  private List<FieldPath> fieldPaths(Map<String, Object> json, String key) {
    List<FieldPath> paths = new ArrayList<>();
    for (Object element : array(json, key)) {
      if (!(element instanceof String text)) {
        throw invalid("`" + key + "` must be an array of strings");
      }
      paths.add(fieldPath(text));
    }
    return paths;
  }

  private static FieldPath fieldPath(String text) {
    try {
      return FieldPath.parse(text);
    } catch (FreshetException e) {
      throw new FreshetException(
          ErrorClass.BAD_REQUEST,
          "InvalidIndexField",
          "Invalid index field: \"" + text + "\"",
          null,
          e);
    }
  }

  private static void requireUnique(List<FieldPath> fields) {
    Set<FieldPath> seen = new HashSet<>();
    for (FieldPath field : fields) {
      if (!seen.add(field)) {
        throw FreshetException.badRequest(
            "FieldsNotUniqueWithinIndex",
            "Duplicate field " + field.print() + ". Index fields must be unique within an index.");
      }
    }
  }

  private static void requireUserFields(List<FieldPath> fields) {
    for (FieldPath field : fields) {
      if (field.equals(FieldPath.CREATION_TIME)) {
        throw FreshetException.badRequest(
            "IndexFieldsContainCreationTime",
            "`_creationTime` is automatically added to the end of every index. Leave it out of"
                + " the index fields; to order by creation time alone, use the built-in index"
                + " `by_creation_time`.");
      }
      if (field.equals(FieldPath.ID)) {
        throw FreshetException.badRequest(
            "IndexFieldsContainId",
            "`_id` is not a valid index field. To look documents up by id, use"
                + " `db.get(table, id)`.");
      }
      if (Identifiers.isSystem(field.fields().getFirst())) {
        throw FreshetException.badRequest(
            "IndexFieldNameReserved",
            "Reserved fields (starting with `_`) are not allowed in indexes.");
      }
    }
  }

  private void checkTableName(String name) {
    if (!Identifiers.isIdentifier(name)) {
      throw FreshetException.badRequest(
          "InvalidTableName", "Invalid table name: \"" + name + "\"." + NAME_RULE);
    }
    if (exported && Identifiers.isSystem(name)) {
      throw FreshetException.badRequest("TableNameReserved", name + " is a reserved table name.");
    }
  }

  private static void checkIndexName(String name) {
    if (!Identifiers.isIdentifier(name)) {
      throw FreshetException.badRequest(
          "InvalidIndexName",
          "Invalid index name: \""
              + name
              + "\". Identifiers must be 64 characters or less, start with a letter, and only"
              + " contain letters, digits, underscores.");
    }
  }

  private void checkNamesUnique(String table, Indexes indexes) {
    Set<String> seen = new HashSet<>();
    for (AnyIndex index : indexes.all()) {
      String name = index.name();
      boolean reserved =
          name.equals("by_id")
              || name.equals("by_creation_time")
              || (Identifiers.isSystem(name) && !name.startsWith("_fivetran"));
      if (exported && reserved) {
        throw FreshetException.badRequest(
            "IndexNameReserved",
            "In table \""
                + table
                + "\" cannot name an index \""
                + name
                + "\" because the name is reserved. Indexes may not start with an underscore or be"
                + " named \"by_id\" or \"by_creation_time\".");
      }
      if (!seen.add(name)) {
        throw FreshetException.badRequest(
            "IndexNamesNotUnique",
            "Table \"" + table + "\" has two or more definitions of index \"" + name + "\".");
      }
    }
  }

  private static void checkSpecsUnique(String table, Indexes indexes) {
    Map<Object, String> seen = new LinkedHashMap<>();
    for (Index index : indexes.database) {
      if (index.fields().isEmpty()) {
        throw FreshetException.badRequest(
            "EmptyIndex",
            "In table \""
                + table
                + "\" "
                + (index.staged() ? "staged " : "")
                + "index \""
                + index.name()
                + "\" must have at least one field.");
      }
      requireNew(seen, index.fields(), table, index.name(), "index", "IndexNotUnique");
    }
    for (SearchIndex index : indexes.search) {
      List<Object> spec = List.of("search", index.searchField(), index.filterFields());
      requireNew(seen, spec, table, index.name(), "search index", "SearchIndexFieldNotUnique");
    }
    for (VectorIndex index : indexes.vector) {
      List<Object> spec = List.of("vector", index.vectorField(), index.dimensions());
      requireNew(seen, spec, table, index.name(), "vector index", "VectorIndexFieldNotUnique");
    }
  }

  private static void requireNew(
      Map<Object, String> seen, Object spec, String table, String name, String kind, String code) {
    String other = seen.putIfAbsent(spec, name);
    if (other != null) {
      throw FreshetException.badRequest(
          code,
          "In table \""
              + table
              + "\" "
              + kind
              + " \""
              + other
              + "\" and "
              + kind
              + " \""
              + name
              + "\" have the same fields. Indexes must be unique within a table.");
    }
  }

  private @Nullable Validator documentType(@Nullable Object json) {
    if (json == null || json.equals(JsonTree.NULL)) {
      return null;
    }
    Validator validator = ValidatorJson.parse(json);
    return validator instanceof AnyValidator ? validator : withoutSystemFields(validator);
  }

  private static Validator withoutSystemFields(Validator validator) {
    return switch (validator) {
      case ObjectValidator(SortedMap<String, Field> fields) -> {
        SortedMap<String, Field> kept = new TreeMap<>(fields);
        kept.keySet().removeIf(Identifiers::isSystem);
        yield kept.size() == fields.size()
            ? validator
            : new ObjectValidator(Collections.unmodifiableSortedMap(kept));
      }
      case UnionValidator(List<Validator> members) ->
          new UnionValidator(members.stream().map(SchemaReader::withoutSystemFields).toList());
      default ->
          throw FreshetException.badRequest(
              "InvalidTopLevelTypeInSchemaError",
              "The document validator in a schema must be an object, a union of objects, or"
                  + " `v.any()`, but it is `"
                  + validator.print()
                  + "`. To learn more, see the schema documentation at"
                  + " https://docs.convex.dev/database/schemas.");
    };
  }

  private static <T extends AnyIndex> SortedMap<String, T> byName(List<T> indexes) {
    SortedMap<String, T> sorted = new TreeMap<>();
    indexes.forEach(index -> sorted.put(index.name(), index));
    return Collections.unmodifiableSortedMap(sorted);
  }

  private static List<Object> array(Map<String, Object> json, String key) {
    List<Object> elements = JsonTree.array(json.get(key));
    if (elements == null) {
      throw invalid("`" + key + "` must be an array");
    }
    return elements;
  }

  private static String string(Map<String, Object> json, String key) {
    if (json.get(key) instanceof String text) {
      return text;
    }
    throw invalid("`" + key + "` must be a string");
  }

  private static FreshetException invalid(String message) {
    return FreshetException.badRequest("InvalidSchema", message);
  }
}
