package dev.freshet.values;

import dev.freshet.values.Validator.AnyValidator;
import dev.freshet.values.Validator.ArrayValidator;
import dev.freshet.values.Validator.BooleanValidator;
import dev.freshet.values.Validator.BytesValidator;
import dev.freshet.values.Validator.CommitTsValidator;
import dev.freshet.values.Validator.Field;
import dev.freshet.values.Validator.Float64Validator;
import dev.freshet.values.Validator.IdValidator;
import dev.freshet.values.Validator.Int64Validator;
import dev.freshet.values.Validator.LiteralValidator;
import dev.freshet.values.Validator.NullValidator;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.RecordValidator;
import dev.freshet.values.Validator.StringValidator;
import dev.freshet.values.Validator.UnionValidator;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BooleanValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.CommitTsValue;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Holds values against validators, in the order of spec 40 §11.2. */
final class ValidatorCheck {
  private ValidatorCheck() {}

  static @Nullable ValidationFailure check(Validator validator, Value value, TableNames tables) {
    return switch (validator) {
      case AnyValidator _ -> null;
      case NullValidator _ -> matches(value instanceof NullValue, value, validator);
      case Float64Validator _ -> matches(value instanceof Float64Value, value, validator);
      case Int64Validator _ -> matches(isInt64(value), value, validator);
      case CommitTsValidator _ -> matches(isInt64(value), value, validator);
      case BooleanValidator _ -> matches(value instanceof BooleanValue, value, validator);
      case StringValidator _ -> matches(value instanceof StringValue, value, validator);
      case BytesValidator _ -> matches(value instanceof BytesValue, value, validator);
      case LiteralValidator(Value literal) ->
          value.compareTo(literal) == 0 ? null : ValidationFailure.literal(value, validator);
      case IdValidator id -> id(id, value, tables);
      case ArrayValidator array -> array(array, value, tables);
      case RecordValidator record -> record(record, value, tables);
      case ObjectValidator object -> object(object, value, tables);
      case UnionValidator union -> union(union, value, tables);
    };
  }

  private static boolean isInt64(Value value) {
    return value instanceof Int64Value || value instanceof CommitTsValue;
  }

  private static @Nullable ValidationFailure matches(
      boolean matches, Value value, Validator validator) {
    return matches ? null : ValidationFailure.noMatch(value, validator);
  }

  private static @Nullable ValidationFailure id(
      IdValidator validator, Value value, TableNames tables) {
    DocumentId id = value instanceof StringValue(String text) ? DocumentId.tryDecode(text) : null;
    String table = id == null ? null : tables.nameOf(id.tableNumber());
    if (table == null) {
      return ValidationFailure.noMatch(value, validator);
    }
    return table.equals(validator.tableName())
        ? null
        : ValidationFailure.wrongTable(value, validator, table);
  }

  private static @Nullable ValidationFailure array(
      ArrayValidator validator, Value value, TableNames tables) {
    if (!(value instanceof ArrayValue(List<Value> elements))) {
      return ValidationFailure.noMatch(value, validator);
    }
    for (int i = 0; i < elements.size(); i++) {
      ValidationFailure failure = check(validator.element(), elements.get(i), tables);
      if (failure != null) {
        return failure.within("[" + i + "]");
      }
    }
    return null;
  }

  private static @Nullable ValidationFailure record(
      RecordValidator validator, Value value, TableNames tables) {
    if (!(value instanceof ObjectValue object)) {
      return ValidationFailure.noMatch(value, validator);
    }
    for (Map.Entry<String, Value> field : object.fields().entrySet()) {
      ValidationFailure key = check(validator.keys(), Value.of(field.getKey()), tables);
      if (key != null) {
        return key.within(".keys()");
      }
      ValidationFailure failure = check(validator.values(), field.getValue(), tables);
      if (failure != null) {
        return failure.within(".values()");
      }
    }
    return null;
  }

  private static @Nullable ValidationFailure object(
      ObjectValidator validator, Value value, TableNames tables) {
    if (!(value instanceof ObjectValue object)) {
      return ValidationFailure.noMatch(value, validator);
    }
    int present = 0;
    for (Map.Entry<String, Field> declared : validator.fields().entrySet()) {
      Value field = object.get(declared.getKey());
      if (field == null) {
        if (!declared.getValue().optional()) {
          return ValidationFailure.missingField(value, validator, declared.getKey());
        }
        continue;
      }
      present++;
      ValidationFailure failure = check(declared.getValue().validator(), field, tables);
      if (failure != null) {
        return failure.within("." + declared.getKey());
      }
    }
    return present == object.fields().size() ? null : extraField(validator, object);
  }

  private static @Nullable ValidationFailure extraField(
      ObjectValidator validator, ObjectValue object) {
    for (String name : object.fields().keySet()) {
      if (!validator.fields().containsKey(name)) {
        return ValidationFailure.extraField(object, validator, name);
      }
    }
    return null;
  }

  private static @Nullable ValidationFailure union(
      UnionValidator validator, Value value, TableNames tables) {
    if (validator.members().size() == 1) {
      return check(validator.members().getFirst(), value, tables);
    }
    for (Validator member : validator.members()) {
      if (check(member, value, tables) == null) {
        return null;
      }
    }
    return ValidationFailure.noMatch(value, validator);
  }
}
