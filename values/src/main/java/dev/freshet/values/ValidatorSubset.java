package dev.freshet.values;

import dev.freshet.values.Validator.AnyValidator;
import dev.freshet.values.Validator.ArrayValidator;
import dev.freshet.values.Validator.BooleanValidator;
import dev.freshet.values.Validator.CommitTsValidator;
import dev.freshet.values.Validator.Field;
import dev.freshet.values.Validator.IdValidator;
import dev.freshet.values.Validator.Int64Validator;
import dev.freshet.values.Validator.LiteralValidator;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.RecordValidator;
import dev.freshet.values.Validator.StringValidator;
import dev.freshet.values.Validator.UnionValidator;
import dev.freshet.values.Value.BooleanValue;
import java.util.Map;

/**
 * The subset test of spec 40 §11.5: never true for what is no subset, false for subsets it does not
 * see through.
 */
final class ValidatorSubset {
  private static final Validator TRUE = new LiteralValidator(BooleanValue.TRUE);
  private static final Validator FALSE = new LiteralValidator(BooleanValue.FALSE);

  private ValidatorSubset() {}

  static boolean isSubset(Validator left, Validator right) {
    if (right instanceof AnyValidator || left.equals(right)) {
      return true;
    }
    if (left instanceof UnionValidator union) {
      return union.members().stream().allMatch(member -> isSubset(member, right));
    }
    if (right instanceof UnionValidator union) {
      if (union.members().stream().anyMatch(member -> isSubset(left, member))) {
        return true;
      }
      return left instanceof BooleanValidator && isSubset(TRUE, union) && isSubset(FALSE, union);
    }
    return switch (left) {
      case LiteralValidator(Value value) -> literal(value, right);
      case Int64Validator _ -> right instanceof CommitTsValidator;
      case CommitTsValidator _ -> right instanceof Int64Validator;
      case IdValidator _ -> right instanceof StringValidator;
      case ArrayValidator(Validator element) ->
          right instanceof ArrayValidator(Validator other) && isSubset(element, other);
      case RecordValidator(Validator keys, Validator values) ->
          right instanceof RecordValidator(Validator otherKeys, Validator otherValues)
              && isSubset(keys, otherKeys)
              && isSubset(values, otherValues);
      case ObjectValidator object -> object(object, right);
      default -> false;
    };
  }

  private static boolean literal(Value value, Validator right) {
    return switch (right) {
      case LiteralValidator(Value other) -> value.equals(other);
      case IdValidator _ -> false; // depends on the tables
      default -> ValidatorCheck.check(right, value, TableNames.NONE) == null;
    };
  }

  private static boolean object(ObjectValidator left, Validator right) {
    return switch (right) {
      case ObjectValidator other -> object(left, other);
      case RecordValidator(Validator keys, Validator values) ->
          left.fields().entrySet().stream()
              .allMatch(
                  field ->
                      isSubset(new LiteralValidator(Value.of(field.getKey())), keys)
                          && isSubset(field.getValue().validator(), values));
      default -> false;
    };
  }

  private static boolean object(ObjectValidator left, ObjectValidator right) {
    for (Map.Entry<String, Field> field : left.fields().entrySet()) {
      Field other = right.fields().get(field.getKey());
      if (other == null
          || (field.getValue().optional() && !other.optional())
          || !isSubset(field.getValue().validator(), other.validator())) {
        return false;
      }
    }
    for (Map.Entry<String, Field> field : right.fields().entrySet()) {
      if (!field.getValue().optional() && !left.fields().containsKey(field.getKey())) {
        return false;
      }
    }
    return true;
  }
}
