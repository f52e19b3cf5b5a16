package dev.freshet.values;

import dev.freshet.values.Validator.ArrayValidator;
import dev.freshet.values.Validator.Field;
import dev.freshet.values.Validator.IdValidator;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.RecordValidator;
import dev.freshet.values.Validator.UnionValidator;
import java.util.Set;

/** Collects the tables whose ids a validator speaks of. */
final class ValidatorTables {
  private ValidatorTables() {}

  static void collect(Validator validator, Set<String> tables) {
    switch (validator) {
      case IdValidator(String table) -> tables.add(table);
      case ArrayValidator(Validator element) -> collect(element, tables);
      case RecordValidator(Validator keys, Validator values) -> {
        collect(keys, tables);
        collect(values, tables);
      }
      case ObjectValidator object -> {
        for (Field field : object.fields().values()) {
          collect(field.validator(), tables);
        }
      }
      case UnionValidator union -> union.members().forEach(member -> collect(member, tables));
      default -> {} // knows no tables
    }
  }
}
