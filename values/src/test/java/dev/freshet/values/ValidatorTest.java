package dev.freshet.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidatorTest {
  private static final String STRING = "{\"type\":\"string\"}";
  private static final String NUMBER = "{\"type\":\"number\"}";
  private static final DocumentId USER = new DocumentId(10_001, new InternalId(1, 2));
  private static final DocumentId SESSION = new DocumentId(529, new InternalId(1, 2));
  private static final DocumentId UNKNOWN = new DocumentId(10_009, new InternalId(1, 2));
  private static final TableNames TABLES =
      Map.of(10_001, "users", 529, "_session_requests", 540, "_storage")::get;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"null\"}|v.null()",
        "{\"type\":\"number\"}|v.float64()",
        "{\"type\":\"bigint\"}|v.int64()",
        "{\"type\":\"commitTs\"}|v.commitTs()",
        "{\"type\":\"boolean\"}|v.boolean()",
        "{\"type\":\"string\"}|v.string()",
        "{\"type\":\"bytes\"}|v.bytes()",
        "{\"type\":\"any\"}|v.any()",
        "{\"type\":\"map\"}|v.any()",
        "{\"type\":\"literal\",\"value\":\"a\\n\"}|v.literal(\"a\\n\")",
        "{\"type\":\"literal\",\"value\":1}|v.literal(1.0)",
        "{\"type\":\"literal\",\"value\":true}|v.literal(true)",
        "{\"type\":\"literal\",\"value\":{\"$integer\":\"AQAAAAAAAAA=\"}}|v.literal(<bigint>)",
        "{\"type\":\"id\",\"tableName\":\"users\"}|v.id(\"users\")",
        "{\"type\":\"array\",\"value\":{\"type\":\"null\"}}|v.array(v.null())",
        "{\"type\":\"record\",\"keys\":{\"type\":\"string\"},\"values\":{\"fieldType\":{\"type\":\"any\"},\"optional\":false}}|v.record(v.string(), v.any())",
        "{\"type\":\"object\",\"value\":{}}|v.object({})",
        "{\"type\":\"object\",\"value\":{\"b\":{\"fieldType\":{\"type\":\"any\"},\"optional\":true},\"a\":{\"fieldType\":{\"type\":\"null\"},\"optional\":false}}}|v.object({a: v.null(), b: v.optional(v.any())})",
        "{\"type\":\"union\",\"value\":[]}|v.union()",
        "{\"type\":\"union\",\"value\":[{\"type\":\"null\"},{\"type\":\"any\"}]}|v.union(v.null(), v.any())"
      })
  void printsAsUsersWrite(String json, String text) {
    Validator validator = Validator.parse(json);
    assertThat(validator.print()).isEqualTo(text);
    assertThat(Validator.parse(validator.toJson())).isEqualTo(validator);
  }

  @Test
  void tellsWhatDoesNotMatchAndWhere() {
    String validator = object("a", array(object("b", NUMBER)));
    assertThat(failure(validator, "{\"a\":[{\"b\":1},{\"b\":\"x\"}]}"))
        .isEqualTo(
            """
            Value does not match validator.
            Path: .a[1].b
            Value: "x"
            Validator: v.float64()""");
    assertThat(failure(STRING, "1"))
        .isEqualTo("Value does not match validator.\n\nValue: 1.0\nValidator: v.string()");
  }

  @Test
  void tellsMissingAndExtraFields() {
    String validator = object("a", object("b", NUMBER));
    assertThat(failure(validator, "{\"a\":{}}"))
        .isEqualTo(
            """
            Object is missing the required field `b`. Consider wrapping the field validator in \
            `v.optional(...)` if it may be left out.
            Path: .a
            Object: {}
            Validator: v.object({b: v.float64()})""");
    assertThat(failure(validator, "{\"a\":{\"b\":1},\"z\":1,\"c\":null}"))
        .isEqualTo(
            """
            Object contains extra field `c` that is not in the validator.

            Object: {a: {b: 1.0}, c: null, z: 1.0}
            Validator: v.object({a: v.object({b: v.float64()})})""");
  }

  @Test
  void checksDeclaredFieldsInOrderBeforeExtraOnes() {
    String validator =
        "{\"type\":\"object\",\"value\":{\"b\":{\"fieldType\":"
            + NUMBER
            + ",\"optional\":false},\"a\":{\"fieldType\":"
            + NUMBER
            + ",\"optional\":true}}}";
    assertThat(failure(validator, "{\"a\":\"\",\"c\":1}")).contains("Path: .a");
    assertThat(failure(validator, "{\"c\":1}")).contains("missing the required field `b`");
    assertThat(failure(validator, "{\"b\":1,\"c\":1}")).contains("extra field `c`");
    assertThat(failure(validator, "{\"b\":1}")).isEmpty();
  }

  @Test
  void tellsLiteralsApart() {
    String literal = "{\"type\":\"literal\",\"value\":\"a\"}";
    assertThat(failure(object("f", literal), "{\"f\":\"b\"}"))
        .isEqualTo("`\"b\"` does not match literal validator `v.literal(\"a\")`.Path: .f");
    assertThat(failure("{\"type\":\"literal\",\"value\":1}", "{\"$integer\":\"AQAAAAAAAAA=\"}"))
        .isEqualTo("`1` does not match literal validator `v.literal(1.0)`.");
    assertThat(failure("{\"type\":\"literal\",\"value\":1}", "1")).isEmpty();
  }

  @Test
  void holdsIdsToTheirTable() {
    assertThat(failure(id("users"), quoted(USER))).isEmpty();
    assertThat(failure(object("i", id("messages")), "{\"i\":" + quoted(USER) + "}"))
        .isEqualTo(
            "Found ID \""
                + USER
                + "\" from table `users`, which does not match the table name in validator"
                + " `v.id(\"messages\")`.Path: .i");
    assertThat(failure(id("users"), quoted(SESSION)))
        .isEqualTo(
            "Found ID \""
                + SESSION
                + "\" from a system table, which does not match the table name in validator"
                + " `v.id(\"users\")`.");
    assertThat(failure(id("users"), quoted(UNKNOWN))).startsWith("Value does not match validator.");
    assertThat(failure(id("users"), "\"x\""))
        .isEqualTo("Value does not match validator.\n\nValue: \"x\"\nValidator: v.id(\"users\")");
  }

  @Test
  void aUnionOfOneTellsItsMembersError() {
    String literal = "{\"type\":\"literal\",\"value\":\"a\"}";
    assertThat(failure(union(literal), "\"b\"")).startsWith("`\"b\"` does not match literal");
    assertThat(failure(union(literal + "," + NUMBER), "\"b\""))
        .isEqualTo(
            "Value does not match validator.\n\nValue: \"b\"\nValidator:"
                + " v.union(v.literal(\"a\"), v.float64())");
    assertThat(failure(union(literal + "," + NUMBER), "1")).isEmpty();
    assertThat(failure(union(""), "1")).isNotEmpty();
  }

  @Test
  void recordsCheckKeysAndValues() {
    String record =
        "{\"type\":\"record\",\"keys\":"
            + id("users")
            + ",\"values\":{\"fieldType\":"
            + NUMBER
            + ",\"optional\":false}}";
    assertThat(failure(record, "{" + quoted(USER) + ":1}")).isEmpty();
    assertThat(failure(record, "{\"k\":1}")).contains("\nPath: .keys()\nValue: \"k\"");
    assertThat(failure(record, "{" + quoted(USER) + ":null}")).contains("\nPath: .values()\n");
  }

  @Test
  void acceptsAnyInt64AsCommitTimestamp() {
    assertThat(failure("{\"type\":\"commitTs\"}", "{\"$integer\":\"AQAAAAAAAAA=\"}")).isEmpty();
    assertThat(failure("{\"type\":\"commitTs\"}", "1")).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"record\",\"keys\":{\"type\":\"number\"},\"values\":{\"fieldType\":{\"type\":\"any\"}}}|InvalidRecordType|Records can only have string keys. Your record has keys of type `v.float64()`, which is not a subtype of `v.string()`",
        "{\"type\":\"record\",\"keys\":{\"type\":\"literal\",\"value\":\"a\"},\"values\":{\"fieldType\":{\"type\":\"any\"}}}|InvalidRecordType|Records cannot have string literal keys",
        "{\"type\":\"record\",\"keys\":{\"type\":\"string\"},\"values\":{\"fieldType\":{\"type\":\"any\"},\"optional\":true}}|InvalidRecordType|Records cannot have optional values",
        "{\"type\":\"literal\",\"value\":{\"$float\":\"AAAAAAAA8H8=\"}}|UnsupportedFloatLiteral|A literal must be a finite number, not inf",
        "{\"type\":\"object\",\"value\":{\"a b\":{\"fieldType\":{\"type\":\"any\"}}}}|InvalidIdentifier|Invalid validator for key `a b`: Identifier a b has invalid character ' ': Identifiers must start with a letter or an underscore and consist of letters, digits and underscores.",
        "{\"type\":\"strange\"}|InvalidValidator|Unknown validator type \"strange\"",
        "[]|InvalidValidator|A validator must be an object with a `type`"
      })
  void refusesInvalidDefinitions(String json, String code, String message) {
    assertThatThrownBy(() -> Validator.parse(json))
        .hasMessage(message)
        .isInstanceOfSatisfying(FreshetException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void seesTheSubsetsThatSpareAWalk() {
    String bool = "{\"type\":\"boolean\"}";
    String both =
        union("{\"type\":\"literal\",\"value\":true},{\"type\":\"literal\",\"value\":false}");
    assertThat(subset(bool, both)).isTrue();
    assertThat(subset(both, bool)).isTrue();
    assertThat(subset(bool, union("{\"type\":\"literal\",\"value\":true}"))).isFalse();
    assertThat(subset(object("a", NUMBER), optional("a", NUMBER))).isTrue();
    assertThat(subset(optional("a", NUMBER), object("a", NUMBER))).isFalse();
    assertThat(subset("{\"type\":\"object\",\"value\":{}}", optional("a", NUMBER))).isTrue();
    assertThat(subset(object("a", NUMBER), "{\"type\":\"object\",\"value\":{}}")).isFalse();
    assertThat(subset(object("a", NUMBER), object("a", union(NUMBER + "," + STRING)))).isTrue();
    assertThat(subset(id("users"), STRING)).isTrue();
    assertThat(subset(STRING, id("users"))).isFalse();
    assertThat(subset(STRING, "{\"type\":\"any\"}")).isTrue();
    assertThat(subset("{\"type\":\"any\"}", STRING)).isFalse();
  }

  private static boolean subset(String left, String right) {
    return Validator.parse(left).isSubsetOf(Validator.parse(right));
  }

  private static String failure(String validator, String value) {
    ValidationFailure failure = Validator.parse(validator).check(ValueJson.parse(value), TABLES);
    return failure == null ? "" : failure.text();
  }

  private static String object(String field, String type) {
    return "{\"type\":\"object\",\"value\":{\""
        + field
        + "\":{\"fieldType\":"
        + type
        + ",\"optional\":false}}}";
  }

  private static String optional(String field, String type) {
    return object(field, type).replace("\"optional\":false", "\"optional\":true");
  }

  private static String array(String type) {
    return "{\"type\":\"array\",\"value\":" + type + "}";
  }

  private static String union(String members) {
    return "{\"type\":\"union\",\"value\":[" + members + "]}";
  }

  private static String id(String table) {
    return "{\"type\":\"id\",\"tableName\":\"" + table + "\"}";
  }

  private static String quoted(DocumentId id) {
    return "\"" + id + "\"";
  }
}
