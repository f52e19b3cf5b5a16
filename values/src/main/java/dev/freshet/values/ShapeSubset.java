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
import dev.freshet.values.Validator.NullValidator;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.RecordValidator;
import dev.freshet.values.Validator.StringValidator;
import dev.freshet.values.Validator.UnionValidator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Tells from counts that all values satisfy a validator (spec 40 §11.5). Conservative: every kind
 * of value in a place must as a whole fit one member of a union, and literals fit nothing.
 */
final class ShapeSubset {
  private static final Set<String> SYSTEM_FIELDS =
      Set.of(DocumentChecks.ID, DocumentChecks.CREATION_TIME);

  private final TableNames tables;

  ShapeSubset(TableNames tables) {
    this.tables = tables;
  }

  /** For documents: the system fields don't count. */
  boolean holdsDocuments(ShapeNode documents, Validator validator) {
    if (documents.total == 0) {
      return true;
    }
    if (documents.records > 0) {
      return anyMember(validator, AnyValidator.class::isInstance);
    }
    Map<String, ShapeNode> fields = new HashMap<>(documents.fields);
    fields.keySet().removeAll(SYSTEM_FIELDS);
    return anyMember(validator, member -> holdsObjects(documents.objects, fields, member));
  }

  private boolean holds(ShapeNode node, Validator validator) {
    return node.total == 0
        || validator instanceof AnyValidator
        || (holdsScalars(node, validator)
            && holdsIds(node, validator)
            && fits(node.arrays, validator, member -> holdsArrays(node, member))
            && fits(
                node.objects, validator, member -> holdsObjects(node.objects, node.fields, member))
            && fits(node.records, validator, member -> holdsRecords(node, member)));
  }

  private static boolean holdsScalars(ShapeNode node, Validator validator) {
    return fits(node.nulls, validator, NullValidator.class::isInstance)
        && fits(
            node.int64s,
            validator,
            member -> member instanceof Int64Validator || member instanceof CommitTsValidator)
        && fits(
            node.normalFloats + node.specialFloats, validator, Float64Validator.class::isInstance)
        && fits(node.booleans, validator, BooleanValidator.class::isInstance)
        && fits(node.strings, validator, StringValidator.class::isInstance)
        && fits(node.bytes, validator, BytesValidator.class::isInstance);
  }

  private boolean holdsIds(ShapeNode node, Validator validator) {
    for (int table : node.ids.keySet()) {
      Value sample = new DocumentId(table, new InternalId(0, 0)).toValue();
      if (!fits(
          1,
          validator,
          member ->
              member instanceof StringValidator
                  || (member instanceof IdValidator id && id.check(sample, tables) == null))) {
        return false;
      }
    }
    return true;
  }

  private boolean holdsArrays(ShapeNode node, Validator member) {
    return member instanceof ArrayValidator(Validator element) && holds(node.elements(), element);
  }

  private boolean holdsObjects(long objects, Map<String, ShapeNode> fields, Validator member) {
    return switch (member) {
      case AnyValidator _ -> true;
      case ObjectValidator(var declared) -> {
        for (Map.Entry<String, Field> field : declared.entrySet()) {
          ShapeNode counted = fields.get(field.getKey());
          if (!field.getValue().optional() && (counted == null || counted.total < objects)) {
            yield false;
          }
        }
        for (Map.Entry<String, ShapeNode> field : fields.entrySet()) {
          Field known = declared.get(field.getKey());
          if (known == null || !holds(field.getValue(), known.validator())) {
            yield false;
          }
        }
        yield true;
      }
      case RecordValidator(Validator keys, Validator values) -> {
        for (Map.Entry<String, ShapeNode> field : fields.entrySet()) {
          if (keys.check(Value.of(field.getKey()), tables) != null
              || !holds(field.getValue(), values)) {
            yield false;
          }
        }
        yield true;
      }
      default -> false;
    };
  }

  private boolean holdsRecords(ShapeNode node, Validator member) {
    return member instanceof RecordValidator(Validator keys, Validator values)
        && holds(node.keys(), keys)
        && holds(node.values(), values);
  }

  private static boolean fits(long count, Validator validator, Predicate<Validator> test) {
    return count == 0
        || anyMember(validator, member -> member instanceof AnyValidator || test.test(member));
  }

  private static boolean anyMember(Validator validator, Predicate<Validator> test) {
    if (validator instanceof UnionValidator(List<Validator> members)) {
      for (Validator member : members) {
        if (anyMember(member, test)) {
          return true;
        }
      }
      return false;
    }
    return test.test(validator);
  }
}
