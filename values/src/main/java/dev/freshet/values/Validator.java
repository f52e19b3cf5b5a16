package dev.freshet.values;

import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What values a document, a function's arguments or its result may have (spec 40 §11.2). Immutable;
 * equal where their definitions are.
 */
public sealed interface Validator {
  /**
   * Reads a validator's JSON.
   *
   * @throws FreshetException {@code InvalidJson}, {@code InvalidValidator}, {@code
   *     InvalidRecordType}, {@code UnsupportedFloatLiteral}
   */
  static Validator parse(String json) {
    return ValidatorJson.parse(JsonTree.parse(json));
  }

  /** Returns why the value does not match; null where it does. */
  default @Nullable ValidationFailure check(Value value, TableNames tables) {
    return ValidatorCheck.check(this, value, tables);
  }

  /**
   * Whether every value that matches this one also matches the other, whatever the tables. Errs on
   * the side of false.
   */
  default boolean isSubsetOf(Validator other) {
    return ValidatorSubset.isSubset(this, other);
  }

  /** The tables whose ids it speaks of, by their names. */
  default Set<String> tables() {
    Set<String> tables = new TreeSet<>();
    ValidatorTables.collect(this, tables);
    return tables;
  }

  /** The validator as users write it, e.g. {@code v.array(v.string())}. */
  default String print() {
    return ValidatorText.print(this);
  }

  /** The validator's JSON; {@link #parse} reads it back. */
  default String toJson() {
    JsonBuffer out = new JsonBuffer();
    ValidatorJson.write(this, out);
    return out.toString();
  }

  /** Anything. */
  record AnyValidator() implements Validator {}

  record NullValidator() implements Validator {}

  record Float64Validator() implements Validator {}

  record Int64Validator() implements Validator {}

  /** A commit timestamp: any int64. */
  record CommitTsValidator() implements Validator {}

  record BooleanValidator() implements Validator {}

  record StringValidator() implements Validator {}

  record BytesValidator() implements Validator {}

  /**
   * Exactly this value.
   *
   * @param value a float64, int64, boolean or string
   */
  record LiteralValidator(Value value) implements Validator {}

  /** An id of the table; the document need not exist. */
  record IdValidator(String tableName) implements Validator {}

  record ArrayValidator(Validator element) implements Validator {}

  /**
   * An object whose names, as strings, match {@code keys} and whose values match {@code values}.
   */
  record RecordValidator(Validator keys, Validator values) implements Validator {}

  /** An object with exactly these fields. */
  record ObjectValidator(SortedMap<String, Field> fields) implements Validator {}

  /** Any of the members; nothing if there are none. */
  record UnionValidator(List<Validator> members) implements Validator {}

  /** A field of an object. */
  record Field(Validator validator, boolean optional) {}
}
