package dev.freshet.values;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseSchemaTest {
  @Test
  void readsWhatTheSchemaModuleExports() {
    DatabaseSchema schema =
        DatabaseSchema.evaluate(
            """
            {"tables":[{"tableName":"messages",
              "indexes":[{"indexDescriptor":"by_channel","fields":["channel","meta.kind"]}],
              "stagedDbIndexes":[{"indexDescriptor":"by_author","fields":["author"]}],
              "searchIndexes":[{"indexDescriptor":"s","searchField":"body","filterFields":["channel"]}],
              "stagedSearchIndexes":[],
              "vectorIndexes":[{"indexDescriptor":"v","vectorField":"emb","dimensions":1536,"filterFields":[]}],
              "stagedVectorIndexes":[],
              "documentType":{"type":"object","value":{
                "_id":{"fieldType":{"type":"id","tableName":"messages"},"optional":false},
                "channel":{"fieldType":{"type":"string"},"optional":false},
                "author":{"fieldType":{"type":"string"},"optional":false},
                "body":{"fieldType":{"type":"string"},"optional":false},
                "emb":{"fieldType":{"type":"array","value":{"type":"number"}},"optional":true},
                "meta":{"fieldType":{"type":"any"},"optional":true}}}},
              {"tableName":"free","indexes":[],"documentType":{"type":"any"}}],
             "schemaValidation":true}\
            """);
    DatabaseSchema.Table messages = requireNonNull(schema.table("messages"));
    assertThat(requireNonNull(messages.indexes().get("by_channel")).fields())
        .hasToString("[channel, meta.kind, _creationTime]");
    assertThat(requireNonNull(messages.indexes().get("by_author")).staged()).isTrue();
    assertThat(requireNonNull(messages.vectorIndexes().get("v")).dimensions()).isEqualTo(1536);
    assertThat(schema.usesTextSearch()).isTrue();
    assertThat(schema.usesVectorSearch()).isTrue();
    assertThat(requireNonNull(schema.enforced("messages")).print())
        .startsWith("v.object({author: v.string(), ")
        .doesNotContain("_id");
    assertThat(schema.enforced("free")).isNull();
    assertThat(schema.enforced("unknown")).isNull();
    assertThat(DatabaseSchema.parse(schema.toJson())).isEqualTo(schema);
    assertThat(schema.toJson())
        .contains(
            "\"indexes\":[{\"indexDescriptor\":\"by_channel\",\"fields\":[\"channel\",\"meta.kind\",\"_creationTime\"]}]")
        .contains("\"stagedDbIndexes\":[{\"indexDescriptor\":\"by_author\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[\"_creationTime\"]|IndexFieldsContainCreationTime|In table \"t\": In index \"i\":"
            + " `_creationTime` is automatically added to the end of every index. Leave",
        "[\"a\",\"_id\"]|IndexFieldsContainId|In table \"t\": In index \"i\": `_id` is not a valid"
            + " index field.",
        "[\"_a\"]|IndexFieldNameReserved|In table \"t\": In index \"i\": Reserved fields (starting"
            + " with `_`) are not allowed in indexes.",
        "[\"a\",\"b\",\"a\"]|FieldsNotUniqueWithinIndex|In table \"t\": In index \"i\": Duplicate"
            + " field \"a\". Index fields must be unique within an index.",
        "[]|EmptyIndex|In table \"t\" index \"i\" must have at least one field.",
        "[\"a b\"]|InvalidIndexField|In table \"t\": In index \"i\": Invalid index field: \"a b\"",
        "[\"missing\"]|SchemaDefinitionError|In table \"t\" the index \"i\" is invalid because it"
            + " references the field \"missing\" that does not exist.",
        "[\"a.b\"]|SchemaDefinitionError|In table \"t\" the index \"i\" is invalid because it"
            + " references the field \"a.b\" that does not exist."
      })
  void refusesIndexFields(String fields, String code, String message) {
    refuses(table("t", "{\"indexDescriptor\":\"i\",\"fields\":" + fields + "}"), code, message);
  }

  @Test
  void countsTheAppendedFieldAgainstTheLimit() {
    refuses(
        table("t", index("i", 16)),
        "IndexTooManyFields",
        "In table \"t\": In index \"i\": Indexes may have up to 16 fields.");
    DatabaseSchema.evaluate(schema(table("t", index("i", 15)), false));
  }

  @Test
  void refusesNamesAndDuplicates() {
    String one = "{\"indexDescriptor\":\"%s\",\"fields\":[\"a\"]}";
    refuses(table("t", one.formatted("by_id")), "IndexNameReserved", "In table \"t\" cannot name");
    refuses(table("t", one.formatted("_x")), "IndexNameReserved", "In table \"t\" cannot name an");
    DatabaseSchema.evaluate(schema(table("t", one.formatted("_fivetran_id")), true));
    refuses(
        table("t", one.formatted("i") + ",{\"indexDescriptor\":\"i\",\"fields\":[\"b\"]}"),
        "IndexNamesNotUnique",
        "Table \"t\" has two or more definitions of index \"i\".");
    refuses(
        table("t", one.formatted("i") + "," + one.formatted("j")),
        "IndexNotUnique",
        "In table \"t\" index \"i\" and index \"j\" have the same fields.");
    refuses(
        table("t", one.formatted("a-b")),
        "InvalidIndexName",
        "In table \"t\": Invalid index name: \"a-b\". Identifiers must be 64 characters or less");
    refuses(
        table("9t", ""),
        "InvalidTableName",
        "Invalid table name: \"9t\". Identifiers must start with a letter and");
    refuses(table("_t", ""), "TableNameReserved", "_t is a reserved table name.");
    refuses(
        table(
            "t",
            IntStream.range(0, 65)
                .mapToObj(i -> index("i" + i, 1).replace("f0", "f" + i))
                .collect(Collectors.joining(","))),
        "TooManyIndexes",
        "Table \"t\" cannot have more than 64 indexes.");
  }

  private static String withSearch(String kind, String... indexes) {
    String body = "\"" + kind + "\":[" + String.join(",", indexes) + "],\"documentType\"";
    return table("t", "").replace("\"documentType\"", body);
  }

  private static String search(String name, String field, String filters) {
    return "{\"indexDescriptor\":\"%s\",\"searchField\":\"%s\",\"filterFields\":[%s]}"
        .formatted(name, field, filters);
  }

  private static String vector(String name, String field, int dimensions, String filters) {
    return "{\"indexDescriptor\":\"%s\",\"vectorField\":\"%s\",\"dimensions\":%d,\"filterFields\":[%s]}"
        .formatted(name, field, dimensions, filters);
  }

  @Test
  void refusesSearchAndVectorIndexesThatAreNone() {
    String filters =
        IntStream.range(0, 17).mapToObj(i -> "\"f" + i + "\"").collect(Collectors.joining(","));
    refuses(
        withSearch("searchIndexes", search("s", "a", filters)),
        "IndexTooManyFilterFields",
        "In table \"t\": In index \"s\": Search indexes may have up to 16 filter fields.");
    refuses(
        withSearch("vectorIndexes", vector("v", "a", 2, filters)),
        "IndexTooManyFilterFields",
        "In table \"t\": In index \"v\": ");
    refuses(
        withSearch("searchIndexes", search("s", "a", "\"b\""), search("r", "a", "\"b\"")),
        "SearchIndexFieldNotUnique",
        "In table \"t\" search index \"s\" and search index \"r\"");
    refuses(
        withSearch("vectorIndexes", vector("v", "a", 2, ""), vector("w", "a", 2, "\"b\"")),
        "VectorIndexFieldNotUnique",
        "In table \"t\" vector index \"v\" and vector index \"w\"");
    refuses(
        withSearch("vectorIndexes", vector("v", "a", 4097, "")),
        "InvalidVectorDimensionError",
        "In table \"t\": In index \"v\": Dimensions 4097.0 must be between 2 and 4096.");
    refuses(
        withSearch("vectorIndexes", vector("v", "a", 2, "")),
        "SchemaDefinitionError",
        "In table \"t\" the vector index \"v\" is invalid because it references the field \"a\""
            + " that is neither an array of float64");
    refuses(
        withSearch("searchIndexes", search("s", "missing", "")),
        "SchemaDefinitionError",
        "In table \"t\" the index \"s\" is invalid because it references the field \"missing\"");
  }

  @Test
  void refusesDocumentTypesThatAreNoObjects() {
    refuses(
        "{\"tableName\":\"t\",\"indexes\":[],\"documentType\":{\"type\":\"string\"}}",
        "InvalidTopLevelTypeInSchemaError",
        "In table \"t\": The document validator in a schema must be an object");
    refuses(
        "{\"tableName\":\"t\",\"indexes\":[],\"documentType\":null,\"vectorIndexes\":[{\"indexDescriptor\":\"v\",\"vectorField\":\"e\",\"dimensions\":1}]}",
        "InvalidVectorDimensionError",
        "In table \"t\": In index \"v\": Dimensions 1.0 must be between 2 and 4096.");
    assertThatThrownBy(() -> DatabaseSchema.evaluate("{}")).hasMessage("`tables` must be an array");
  }

  @Test
  void equalSchemasAreEqualWhateverTheOrder() {
    String a = table("a", index("i", 1) + "," + index("j", 2));
    String b = table("b", "");
    String swapped = table("a", index("j", 2) + "," + index("i", 1));
    assertThat(DatabaseSchema.evaluate(schema(a + "," + b, false)))
        .isEqualTo(DatabaseSchema.evaluate(schema(b + "," + swapped, false)));
  }

  private static void refuses(String tables, String code, String message) {
    assertThatThrownBy(() -> DatabaseSchema.evaluate(schema(tables, true)))
        .hasMessageStartingWith(message)
        .isInstanceOfSatisfying(FreshetException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static String schema(String tables, boolean validation) {
    return "{\"tables\":[" + tables + "],\"schemaValidation\":" + validation + "}";
  }

  private static String table(String name, String indexes) {
    return "{\"tableName\":\""
        + name
        + "\",\"indexes\":["
        + indexes
        + "],\"documentType\":{\"type\":\"object\",\"value\":{\"a\":{\"fieldType\":{\"type\":\"string\"},\"optional\":false},"
        + "\"b\":{\"fieldType\":{\"type\":\"string\"},\"optional\":true}}}}";
  }

  private static String index(String name, int fields) {
    return "{\"indexDescriptor\":\""
        + name
        + "\",\"fields\":["
        + IntStream.range(0, fields)
            .mapToObj(i -> "\"f" + i + "\"")
            .collect(Collectors.joining(","))
        + "]}";
  }
}
