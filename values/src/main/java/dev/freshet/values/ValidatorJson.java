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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The JSON of validators (spec 40 §11.2). */
final class ValidatorJson {
  private ValidatorJson() {}

  static Validator parse(@Nullable Object tree) {
    Map<String, Object> json = JsonTree.object(tree);
    if (json == null || !(json.get("type") instanceof String type)) {
      throw invalid("A validator must be an object with a `type`");
    }
    return switch (type) {
      case "null" -> new NullValidator();
      case "number" -> new Float64Validator();
      case "bigint" -> new Int64Validator();
      case "commitTs" -> new CommitTsValidator();
      case "boolean" -> new BooleanValidator();
      case "string" -> new StringValidator();
      case "bytes" -> new BytesValidator();
      case "any", "map", "set" -> new AnyValidator();
      case "literal" -> new LiteralValidator(literal(json.get("value")));
      case "id" -> id(json.get("tableName"));
      case "array" -> new ArrayValidator(parse(json.get("value")));
      case "record" -> record(json);
      case "object" -> object(json.get("value"));
      case "union" -> union(json.get("value"));
      default -> throw invalid("Unknown validator type \"" + type + "\"");
    };
  }

  private static Validator id(@Nullable Object table) {
    if (!(table instanceof String name)) {
      throw invalid("`tableName` of an id validator must be a string");
    }
    return new IdValidator(Identifiers.checkIdentifier(name));
  }

  private static Value literal(@Nullable Object tree) {
    Map<String, Object> special = JsonTree.object(tree);
    if (special != null && special.size() == 1) {
      if (special.get("$integer") instanceof String payload) {
        return SpecialValues.decode("$integer", Base64Text.decode(payload));
      }
      if (special.get("$float") instanceof String payload) {
        return checkedFloat(SpecialValues.decode("$float", Base64Text.decode(payload)));
      }
    }
    return switch (tree) {
      case String text -> {
        if (Utf8.length(text) < 0) {
          throw Utf8.loneSurrogate();
        }
        yield Value.of(text);
      }
      case Boolean bool -> Value.of(bool.booleanValue());
      case Double number -> checkedFloat(Value.of(number.doubleValue()));
      case null, default ->
          throw invalid("A literal must be a string, a number, a bigint or a boolean");
    };
  }

  private static Value checkedFloat(Value value) {
    if (value instanceof Value.Float64Value(double number) && !Double.isFinite(number)) {
      throw FreshetException.badRequest(
          "UnsupportedFloatLiteral",
          "A literal must be a finite number, not " + ValueText.print(value));
    }
    return value;
  }

  private static Validator record(Map<String, Object> json) {
    Validator keys = parse(json.get("keys"));
    checkKeys(keys);
    Field values = field(json.get("values"));
    if (values.optional()) {
      throw invalidRecord("Records cannot have optional values");
    }
    return new RecordValidator(keys, values.validator());
  }

  private static void checkKeys(Validator keys) {
    switch (keys) {
      case StringValidator _ -> {}
      case IdValidator _ -> {}
      case LiteralValidator(Value.StringValue _) ->
          throw invalidRecord("Records cannot have string literal keys");
      case UnionValidator(List<Validator> members) -> members.forEach(ValidatorJson::checkKeys);
      default ->
          throw invalidRecord(
              "Records can only have string keys. Your record has keys of type `"
                  + keys.print()
                  + "`, which is not a subtype of `v.string()`");
    }
  }

  private static ObjectValidator object(@Nullable Object tree) {
    Map<String, Object> json = JsonTree.object(tree);
    if (json == null) {
      throw invalid("`value` of an object validator must be an object");
    }
    SortedMap<String, Field> fields = new TreeMap<>();
    for (Map.Entry<String, Object> entry : json.entrySet()) {
      try {
        Identifiers.checkIdentifier(entry.getKey());
        fields.put(entry.getKey(), field(entry.getValue()));
      } catch (FreshetException e) {
        throw e.prefixed("Invalid validator for key `" + entry.getKey() + "`: ");
      }
    }
    return new ObjectValidator(Collections.unmodifiableSortedMap(fields));
  }

  private static Field field(@Nullable Object tree) {
    Map<String, Object> json = JsonTree.object(tree);
    if (json == null) {
      throw invalid("A field must be an object with a `fieldType`");
    }
    boolean optional = json.get("optional") instanceof Boolean flag && flag;
    return new Field(parse(json.get("fieldType")), optional);
  }

  private static Validator union(@Nullable Object tree) {
    List<Object> json = JsonTree.array(tree);
    if (json == null) {
      throw invalid("`value` of a union validator must be an array");
    }
    List<Validator> members = new ArrayList<>();
    for (Object member : json) {
      members.add(parse(member));
    }
    return new UnionValidator(List.copyOf(members));
  }

  private static FreshetException invalid(String message) {
    return FreshetException.badRequest("InvalidValidator", message);
  }

  private static FreshetException invalidRecord(String message) {
    return FreshetException.badRequest("InvalidRecordType", message);
  }

  static void write(Validator validator, JsonBuffer out) {
    switch (validator) {
      case NullValidator _ -> type("null", out);
      case Float64Validator _ -> type("number", out);
      case Int64Validator _ -> type("bigint", out);
      case CommitTsValidator _ -> type("commitTs", out);
      case BooleanValidator _ -> type("boolean", out);
      case StringValidator _ -> type("string", out);
      case BytesValidator _ -> type("bytes", out);
      case AnyValidator _ -> type("any", out);
      case LiteralValidator(Value value) ->
          out.raw("{\"type\":\"literal\",\"value\":").value(value, JsonFormat.ENCODED).raw('}');
      case IdValidator(String table) ->
          out.raw("{\"type\":\"id\",\"tableName\":").string(table).raw('}');
      case ArrayValidator(Validator element) -> {
        write(element, out.raw("{\"type\":\"array\",\"value\":"));
        out.raw('}');
      }
      case RecordValidator(Validator keys, Validator values) -> {
        write(keys, out.raw("{\"type\":\"record\",\"keys\":"));
        writeField(new Field(values, false), out.raw(",\"values\":"));
        out.raw('}');
      }
      case ObjectValidator object -> writeObject(object, out);
      case UnionValidator union -> writeUnion(union, out);
    }
  }

  private static void type(String type, JsonBuffer out) {
    out.raw("{\"type\":\"").raw(type).raw("\"}");
  }

  private static void writeField(Field field, JsonBuffer out) {
    write(field.validator(), out.raw("{\"fieldType\":"));
    out.raw(",\"optional\":").bool(field.optional()).raw('}');
  }

  private static void writeObject(ObjectValidator object, JsonBuffer out) {
    out.raw("{\"type\":\"object\",\"value\":{");
    String separator = "";
    for (Map.Entry<String, Field> field : object.fields().entrySet()) {
      writeField(field.getValue(), out.raw(separator).name(field.getKey()));
      separator = ",";
    }
    out.raw("}}");
  }

  private static void writeUnion(UnionValidator union, JsonBuffer out) {
    out.raw("{\"type\":\"union\",\"value\":[");
    String separator = "";
    for (Validator member : union.members()) {
      write(member, out.raw(separator));
      separator = ",";
    }
    out.raw("]}");
  }
}
