package dev.freshet.testkit;

import dev.freshet.values.DocumentId;
import dev.freshet.values.TableNames;
import dev.freshet.values.Validator;
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
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Validators, and values that match or nearly match them, for property tests. Few names and
 * literals are used, so that two validators often have to do with each other.
 */
public final class ValidatorGenerators {
  /** The tables that generated validators speak of. */
  public static final Map<Integer, String> TABLES =
      Map.of(10_001, "users", 10_002, "messages", 540, "_storage");

  private static final String[] FIELDS = {"a", "b", "c"};

  private final RandomGenerator random;
  private final Generators values;

  public ValidatorGenerators(RandomGenerator random) {
    this.random = random;
    values = new Generators(random);
  }

  /** {@link #TABLES} as validators ask for them. */
  public static TableNames tables() {
    return TABLES::get;
  }

  public Validator validator() {
    return validator(3);
  }

  /** A validator of at most the given nesting. */
  public Validator validator(int nesting) {
    return switch (random.nextInt(nesting > 0 ? 14 : 10)) {
      case 0 -> new AnyValidator();
      case 1 -> new NullValidator();
      case 2 -> new Float64Validator();
      case 3 -> random.nextBoolean() ? new Int64Validator() : new CommitTsValidator();
      case 4 -> new BooleanValidator();
      case 5 -> new StringValidator();
      case 6 -> new BytesValidator();
      case 7, 8 -> new LiteralValidator(literal());
      case 9 -> new IdValidator(table());
      case 10 -> new ArrayValidator(validator(nesting - 1));
      case 11 -> new RecordValidator(recordKeys(), validator(nesting - 1));
      case 12 -> union(nesting);
      default -> objectValidator(nesting);
    };
  }

  /** A validator that is close to another one: often a part of it is widened or narrowed. */
  public Validator near(Validator validator) {
    if (random.nextInt(6) == 0) {
      return random.nextBoolean()
          ? new UnionValidator(List.of(validator, validator(1)))
          : validator(1);
    }
    return switch (validator) {
      case ArrayValidator(Validator element) -> new ArrayValidator(near(element));
      case RecordValidator(Validator keys, Validator inner) ->
          new RecordValidator(keys, near(inner));
      case UnionValidator(List<Validator> members) -> {
        List<Validator> changed = new ArrayList<>();
        members.forEach(member -> changed.add(near(member)));
        yield new UnionValidator(List.copyOf(changed));
      }
      case ObjectValidator(var fields) -> {
        TreeMap<String, Field> changed = new TreeMap<>();
        fields.forEach(
            (name, field) ->
                changed.put(
                    name,
                    new Field(
                        near(field.validator()), field.optional() || random.nextInt(4) == 0)));
        if (random.nextInt(4) == 0) {
          changed.put(field(), new Field(validator(1), random.nextInt(3) > 0));
        }
        yield new ObjectValidator(changed);
      }
      default -> validator;
    };
  }

  /** A value that matches; a null where none can. */
  public Value matching(Validator validator) {
    return switch (validator) {
      case AnyValidator _ -> values.value(2);
      case NullValidator _ -> NullValue.NULL;
      case Float64Validator _ -> values.float64();
      case Int64Validator _ -> values.int64();
      case CommitTsValidator _ -> values.int64();
      case BooleanValidator _ -> Value.of(random.nextBoolean());
      case StringValidator _ -> Value.of(values.string());
      case BytesValidator _ -> new BytesValue(new byte[random.nextInt(3)]);
      case LiteralValidator(Value value) -> value;
      case IdValidator(String table) -> id(table);
      case ArrayValidator(Validator element) -> {
        List<Value> elements = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          elements.add(matching(element));
        }
        yield new ArrayValue(List.copyOf(elements));
      }
      case RecordValidator(Validator keys, Validator inner) -> record(keys, inner);
      case ObjectValidator(var fields) -> {
        TreeMap<String, Value> object = new TreeMap<>();
        fields.forEach(
            (name, field) -> {
              if (!field.optional() || random.nextBoolean()) {
                object.put(name, matching(field.validator()));
              }
            });
        yield ObjectValue.of(object);
      }
      case UnionValidator(List<Validator> members) ->
          members.isEmpty()
              ? NullValue.NULL
              : matching(members.get(random.nextInt(members.size())));
    };
  }

  private Value record(Validator keys, Validator inner) {
    if (random.nextInt(4) == 0 || matching(keys) instanceof NullValue) {
      return ObjectValue.EMPTY;
    }
    String key =
        matching(keys) instanceof Value.StringValue(String text)
                && text.chars().allMatch(c -> c >= 0x20 && c < 0x7f)
            ? text
            : field();
    return ObjectValue.of(Map.of(key, matching(inner)));
  }

  private Value id(String table) {
    for (Map.Entry<Integer, String> entry : TABLES.entrySet()) {
      if (entry.getValue().equals(table)) {
        return new DocumentId(entry.getKey(), values.internalId()).toValue();
      }
    }
    throw new IllegalArgumentException(table);
  }

  private Validator recordKeys() {
    return switch (random.nextInt(3)) {
      case 0 -> new IdValidator(table());
      case 1 -> new UnionValidator(List.of(new IdValidator("users"), new IdValidator("messages")));
      default -> new StringValidator();
    };
  }

  private Validator union(int nesting) {
    List<Validator> members = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      members.add(validator(nesting - 1));
    }
    return new UnionValidator(List.copyOf(members));
  }

  private Validator objectValidator(int nesting) {
    TreeMap<String, Field> fields = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      fields.put(field(), new Field(validator(nesting - 1), random.nextInt(3) == 0));
    }
    return new ObjectValidator(fields);
  }

  private Value literal() {
    return switch (random.nextInt(4)) {
      case 0 -> Value.of(random.nextBoolean());
      case 1 -> Value.of((long) random.nextInt(2));
      case 2 -> Value.of((double) random.nextInt(2));
      default -> Value.of(random.nextBoolean() ? "a" : "b");
    };
  }

  private String table() {
    return switch (random.nextInt(3)) {
      case 0 -> "users";
      case 1 -> "messages";
      default -> "_storage";
    };
  }

  private String field() {
    return FIELDS[random.nextInt(FIELDS.length)];
  }
}
