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
import java.util.Map;

/** Validators as users write them. */
final class ValidatorText {
  private ValidatorText() {}

  static String print(Validator validator) {
    StringBuilder out = new StringBuilder();
    append(validator, out);
    return out.toString();
  }

  private static void append(Validator validator, StringBuilder out) {
    switch (validator) {
      case AnyValidator _ -> out.append("v.any()");
      case NullValidator _ -> out.append("v.null()");
      case Float64Validator _ -> out.append("v.float64()");
      case Int64Validator _ -> out.append("v.int64()");
      case CommitTsValidator _ -> out.append("v.commitTs()");
      case BooleanValidator _ -> out.append("v.boolean()");
      case StringValidator _ -> out.append("v.string()");
      case BytesValidator _ -> out.append("v.bytes()");
      case LiteralValidator(Value value) ->
          out.append("v.literal(").append(literal(value)).append(')');
      case IdValidator(String table) -> out.append("v.id(\"").append(table).append("\")");
      case ArrayValidator(Validator element) -> {
        append(element, out.append("v.array("));
        out.append(')');
      }
      case RecordValidator(Validator keys, Validator values) -> {
        append(keys, out.append("v.record("));
        append(values, out.append(", "));
        out.append(')');
      }
      case ObjectValidator object -> object(object, out);
      case UnionValidator union -> union(union, out);
    }
  }

  private static String literal(Value value) {
    return value instanceof Value.Int64Value
        ? "<bigint>"
        : ValueJson.write(value, JsonFormat.CLEAN);
  }

  private static void object(ObjectValidator object, StringBuilder out) {
    out.append("v.object({");
    String separator = "";
    for (Map.Entry<String, Field> field : object.fields().entrySet()) {
      out.append(separator).append(field.getKey()).append(": ");
      separator = ", ";
      if (field.getValue().optional()) {
        append(field.getValue().validator(), out.append("v.optional("));
        out.append(')');
      } else {
        append(field.getValue().validator(), out);
      }
    }
    out.append("})");
  }

  private static void union(UnionValidator union, StringBuilder out) {
    out.append("v.union(");
    String separator = "";
    for (Validator member : union.members()) {
      append(member, out.append(separator));
      separator = ", ";
    }
    out.append(')');
  }
}
