package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.FieldPath;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Identifiers;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Validator;
import dev.freshet.values.Validator.AnyValidator;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.RecordValidator;
import dev.freshet.values.Validator.UnionValidator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules a user's schema must obey (spec 40 §5.1, §11.1). */
final class SchemaChecks {
  private SchemaChecks() {}

  static void check(SchemaDefinition schema) {
    for (TableDefinition table : schema.tables()) {
      tableName(table.name());
      indexes(table);
      if (schema.schemaValidation()) {
        fieldsExist(table);
      }
    }
  }

  static FreshetException inTable(String table, FreshetException cause) {
    return badRequest(cause.code(), "In table \"" + table + "\": " + cause.text());
  }

  private static void tableName(String name) {
    if (!Identifiers.isIdentifier(name)) {
      throw badRequest(
          "InvalidTableName",
          "Invalid table name: \""
              + name
              + "\". Identifiers must start with a letter and consist of letters, digits and"
              + " underscores, at most 64 of them.");
    }
    if (Identifiers.isSystem(name)) {
      throw badRequest("TableNameReserved", name + " is a reserved table name.");
    }
  }

  /** Checks the fields as the user gave them. */
  static void checkFields(String index, List<String> fields) {
    int maximum = Limits.defaults().getInt(Limit.MAX_FIELDS_PER_INDEX);
    Set<String> seen = new HashSet<>();
    for (String field : fields) {
      String problem = problem(field, seen);
      if (problem != null) {
        throw badRequest(problem, "In index \"" + index + "\": " + fieldText(problem, field));
      }
    }
    if (fields.size() + 1 > maximum) {
      throw badRequest(
          "IndexTooManyFields",
          "In index \"" + index + "\": Indexes may have up to " + maximum + " fields.");
    }
  }

  private static @Nullable String problem(String field, Set<String> seen) {
    if (field.equals("_creationTime")) {
      return "IndexFieldsContainCreationTime";
    }
    if (field.equals("_id")) {
      return "IndexFieldsContainId";
    }
    if (field.startsWith("_")) {
      return "IndexFieldNameReserved";
    }
    try {
      FieldPath.parse(field);
    } catch (FreshetException e) {
      return "InvalidIndexField";
    }
    return seen.add(field) ? null : "FieldsNotUniqueWithinIndex";
  }

  private static String fieldText(String code, String field) {
    return switch (code) {
      case "IndexFieldsContainCreationTime" ->
          "`_creationTime` is automatically added to the end of each index. Remove it from the"
              + " fields.";
      case "IndexFieldsContainId" ->
          "`_id` is not a valid index field. To find a document by its id, use `db.get(id)`.";
      case "IndexFieldNameReserved" ->
          "Reserved fields (starting with `_`) are not allowed in indexes.";
      case "FieldsNotUniqueWithinIndex" ->
          "Duplicate field " + field + ". Index fields must be unique within an index.";
      default -> "Invalid index field: \"" + field + "\"";
    };
  }

  private static void indexes(TableDefinition table) {
    String inTable = "In table \"" + table.name() + "\" ";
    Set<String> names = new HashSet<>();
    Map<List<String>, String> byFields = new HashMap<>();
    for (IndexDefinition index : table.indexes()) {
      String name = index.descriptor();
      if (name.equals(IndexInfo.BY_ID)
          || name.equals(IndexInfo.BY_CREATION_TIME)
          || (name.startsWith("_") && !name.startsWith("_fivetran"))) {
        throw badRequest(
            "IndexNameReserved",
            inTable
                + "cannot name an index \""
                + name
                + "\" because the name is reserved. Indexes may not start with an underscore or be"
                + " named \"by_id\" or \"by_creation_time\".");
      }
      if (!Identifiers.isIdentifier(name)) {
        throw badRequest(
            "InvalidIndexName",
            "Invalid index name: \""
                + name
                + "\". Identifiers must be 64 characters or less, start with a letter, and consist"
                + " of letters, digits and underscores.");
      }
      if (!names.add(name)) {
        throw badRequest(
            "IndexNamesNotUnique",
            "Table \""
                + table.name()
                + "\" has two or more definitions of index \""
                + name
                + "\".");
      }
      if (index.fields().size() <= 1) {
        throw badRequest(
            "EmptyIndex",
            inTable
                + (index.staged() ? "staged " : "")
                + "index \""
                + name
                + "\" must have at least one field.");
      }
      String same = byFields.putIfAbsent(index.fields(), name);
      if (same != null) {
        throw badRequest(
            "IndexNotUnique",
            inTable
                + "index \""
                + same
                + "\" and index \""
                + name
                + "\" have the same fields. Indexes must be unique within a table.");
      }
    }
    int maximum = Limits.defaults().getInt(Limit.MAX_INDEXES_PER_TABLE);
    if (table.indexes().size() > maximum) {
      throw badRequest(
          "TooManyIndexes",
          "Table \"" + table.name() + "\" cannot have more than " + maximum + " indexes.");
    }
  }

  private static void fieldsExist(TableDefinition table) {
    Validator type = table.documentType();
    if (type == null) {
      return;
    }
    for (IndexDefinition index : table.indexes()) {
      for (String field : index.fields()) {
        if (!field.startsWith("_") && !exists(type, FieldPath.parse(field).fields())) {
          throw badRequest(
              "SchemaDefinitionError",
              "In table \""
                  + table.name()
                  + "\" the index \""
                  + index.descriptor()
                  + "\" is invalid because it references the field \""
                  + field
                  + "\" that does not exist.");
        }
      }
    }
  }

  private static boolean exists(Validator type, List<String> path) {
    if (path.isEmpty()) {
      return true;
    }
    return switch (type) {
      case AnyValidator _ -> true;
      case UnionValidator(List<Validator> members) ->
          members.stream().anyMatch(member -> exists(member, path));
      case ObjectValidator object -> {
        Validator.Field field = object.fields().get(path.getFirst());
        yield field != null && exists(field.validator(), path.subList(1, path.size()));
      }
      case RecordValidator(_, Validator values) -> exists(values, path.subList(1, path.size()));
      default -> false;
    };
  }
}
