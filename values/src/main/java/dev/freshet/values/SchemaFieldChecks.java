package dev.freshet.values;

import dev.freshet.values.DatabaseSchema.AnyIndex;
import dev.freshet.values.DatabaseSchema.Index;
import dev.freshet.values.DatabaseSchema.SearchIndex;
import dev.freshet.values.DatabaseSchema.Table;
import dev.freshet.values.DatabaseSchema.VectorIndex;
import dev.freshet.values.Validator.AnyValidator;
import dev.freshet.values.Validator.ArrayValidator;
import dev.freshet.values.Validator.Float64Validator;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.RecordValidator;
import dev.freshet.values.Validator.UnionValidator;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/** Checks that indexes speak of fields that documents can have (spec 40 §11.1). */
final class SchemaFieldChecks {
  private SchemaFieldChecks() {}

  static void check(DatabaseSchema schema) {
    if (schema.schemaValidation()) {
      schema.tables().values().forEach(SchemaFieldChecks::check);
    }
  }

  private static void check(Table table) {
    Validator validator = table.validator();
    if (validator == null) {
      return;
    }
    for (Index index : table.indexes().values()) {
      requireAll(table, validator, index, index.fields());
    }
    for (SearchIndex index : table.searchIndexes().values()) {
      requireAll(table, validator, index, List.of(index.searchField()));
      requireAll(table, validator, index, index.filterFields());
    }
    for (VectorIndex index : table.vectorIndexes().values()) {
      if (!reaches(validator, index.vectorField().fields(), SchemaFieldChecks::mayHoldVector)) {
        throw FreshetException.badRequest(
            "SchemaDefinitionError",
            "In table \""
                + table.name()
                + "\" the vector index \""
                + index.name()
                + "\" is invalid because it references the field "
                + index.vectorField().print()
                + " that is neither an array of float64 nor optional array of float64.");
      }
      requireAll(table, validator, index, index.filterFields());
    }
  }

  private static void requireAll(
      Table table, Validator validator, AnyIndex index, Collection<FieldPath> fields) {
    for (FieldPath field : fields) {
      if (!Identifiers.isSystem(field.fields().getFirst())
          && !reaches(validator, field.fields(), _ -> true)) {
        throw FreshetException.badRequest(
            "SchemaDefinitionError",
            "In table \""
                + table.name()
                + "\" the index \""
                + index.name()
                + "\" is invalid because it references the field "
                + field.print()
                + " that does not exist.");
      }
    }
  }

  /** Whether some value of the validator has something at the path that passes the test. */
  private static boolean reaches(
      Validator validator, List<String> path, Predicate<Validator> test) {
    return switch (validator) {
      case AnyValidator _ -> true;
      case UnionValidator(List<Validator> members) ->
          members.stream().anyMatch(member -> reaches(member, path, test));
      case ObjectValidator object when !path.isEmpty() -> {
        Validator.Field field = object.fields().get(path.getFirst());
        yield field != null && reaches(field.validator(), path.subList(1, path.size()), test);
      }
      case RecordValidator(Validator _, Validator values) when !path.isEmpty() ->
          reaches(values, path.subList(1, path.size()), test);
      default -> path.isEmpty() && test.test(validator);
    };
  }

  private static boolean mayHoldVector(Validator validator) {
    return validator instanceof ArrayValidator(Validator element)
        && reaches(element, List.of(), inner -> inner instanceof Float64Validator);
  }
}
