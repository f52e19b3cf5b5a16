package dev.freshet.values;

/**
 * Names (spec 40 §1.7): identifiers (tables, indexes, parts of field paths) and field names. The
 * checks throw {@code InvalidIdentifier} and {@code InvalidFieldName}.
 */
public final class Identifiers {
  /** Longest identifier. */
  public static final int MAX_IDENTIFIER_LENGTH = 64;

  /** Longest field name. */
  public static final int MAX_FIELD_NAME_LENGTH = 1024;

  private static final String RULE =
      "Identifiers must start with a letter or an underscore and consist of letters, digits and"
          + " underscores.";

  private Identifiers() {}

  public static boolean isIdentifier(String name) {
    return problem(name).isEmpty();
  }

  /**
   * Returns the name.
   *
   * @throws FreshetException {@code InvalidIdentifier}
   */
  public static String checkIdentifier(String name) {
    String problem = problem(name);
    if (!problem.isEmpty()) {
      throw FreshetException.badRequest("InvalidIdentifier", problem);
    }
    return name;
  }

  /** Whether the name belongs to the system: it starts with an underscore. */
  public static boolean isSystem(String name) {
    return name.startsWith("_");
  }

  /**
   * Checks the name of an object's field.
   *
   * @throws FreshetException {@code InvalidFieldName}
   */
  public static void checkFieldName(String name) {
    int length = name.length();
    if (length > 0 && name.charAt(0) == '$') {
      throw reservedFieldName(name);
    }
    for (int i = 0; i < length; i++) {
      char c = name.charAt(i);
      if (c < 0x20 || c > 0x7e) {
        throw invalidFieldName(
            "Field name "
                + name
                + " has invalid character "
                + ValueText.quote(c)
                + ": Field names consist of ASCII characters that are no control characters.");
      }
    }
    if (length > MAX_FIELD_NAME_LENGTH) {
      throw invalidFieldName(
          "Field name is too long (" + length + " > maximum " + MAX_FIELD_NAME_LENGTH + ")");
    }
  }

  static FreshetException reservedFieldName(String name) {
    return invalidFieldName("Field name " + name + " starts with '$', which is reserved.");
  }

  /** What is wrong with the identifier; empty if nothing is. */
  static String problem(String name) {
    int length = name.length();
    if (length == 0) {
      return "Identifier cannot be empty";
    }
    boolean onlyUnderscores = true;
    for (int i = 0; i < length; i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      boolean digit = c >= '0' && c <= '9';
      if (i == 0 && !letter && c != '_') {
        return "Invalid first character " + ValueText.quote(c) + " in " + name + ": " + RULE;
      }
      if (!letter && !digit && c != '_') {
        return "Identifier " + name + " has invalid character " + ValueText.quote(c) + ": " + RULE;
      }
      onlyUnderscores &= c == '_';
    }
    if (length > MAX_IDENTIFIER_LENGTH) {
      return "Identifier is too long (" + length + " > maximum " + MAX_IDENTIFIER_LENGTH + ")";
    }
    return onlyUnderscores ? "Identifier " + name + " cannot have exclusively underscores" : "";
  }

  private static FreshetException invalidFieldName(String message) {
    return FreshetException.badRequest("InvalidFieldName", message);
  }
}
