package dev.freshet.values;

import java.util.ArrayList;
import java.util.List;

/**
 * Why a value does not match a validator. The text is made when it is asked for: members of a union
 * fail all the time without anybody reading why.
 */
public final class ValidationFailure {
  private final Kind kind;
  private final Value value;
  private final Validator validator;
  private final String subject;
  private final List<String> innermostFirst = new ArrayList<>(2);

  private enum Kind {
    NO_MATCH,
    LITERAL,
    MISSING_FIELD,
    EXTRA_FIELD,
    WRONG_TABLE,
    SYSTEM_TABLE
  }

  private ValidationFailure(Kind kind, Value value, Validator validator, String subject) {
    this.kind = kind;
    this.value = value;
    this.validator = validator;
    this.subject = subject;
  }

  static ValidationFailure noMatch(Value value, Validator validator) {
    return new ValidationFailure(Kind.NO_MATCH, value, validator, "");
  }

  static ValidationFailure literal(Value value, Validator validator) {
    return new ValidationFailure(Kind.LITERAL, value, validator, "");
  }

  static ValidationFailure missingField(Value object, Validator validator, String field) {
    return new ValidationFailure(Kind.MISSING_FIELD, object, validator, field);
  }

  static ValidationFailure extraField(Value object, Validator validator, String field) {
    return new ValidationFailure(Kind.EXTRA_FIELD, object, validator, field);
  }

  static ValidationFailure wrongTable(Value id, Validator validator, String actualTable) {
    Kind kind = Identifiers.isSystem(actualTable) ? Kind.SYSTEM_TABLE : Kind.WRONG_TABLE;
    return new ValidationFailure(kind, id, validator, actualTable);
  }

  /** Notes one more step outwards, e.g. {@code .field} or {@code [3]}. */
  ValidationFailure within(String step) {
    innermostFirst.add(step);
    return this;
  }

  /** The text of spec 40 §11.2. */
  public String text() {
    String path = path();
    return switch (kind) {
      case NO_MATCH ->
          "Value does not match validator.\n" + path + "\nValue: " + printed() + validatorLine();
      case LITERAL ->
          "`"
              + printed()
              + "` does not match literal validator `"
              + validator.print()
              + "`."
              + path;
      case MISSING_FIELD ->
          "Object is missing the required field `"
              + subject
              + "`. Consider wrapping the field validator in `v.optional(...)` if it may be left"
              + " out.\n"
              + path
              + "\nObject: "
              + printed()
              + validatorLine();
      case EXTRA_FIELD ->
          "Object contains extra field `"
              + subject
              + "` that is not in the validator.\n"
              + path
              + "\nObject: "
              + printed()
              + validatorLine();
      case WRONG_TABLE -> foundId() + "table `" + subject + "`" + wrongTable() + path;
      case SYSTEM_TABLE -> foundId() + "a system table" + wrongTable() + path;
    };
  }

  private String path() {
    return innermostFirst.isEmpty() ? "" : "Path: " + String.join("", innermostFirst.reversed());
  }

  private String printed() {
    return ValueText.print(value);
  }

  private String validatorLine() {
    return "\nValidator: " + validator.print();
  }

  private String foundId() {
    return "Found ID " + printed() + " from ";
  }

  private String wrongTable() {
    return ", which does not match the table name in validator `" + validator.print() + "`.";
  }

  @Override
  public String toString() {
    return text();
  }
}
