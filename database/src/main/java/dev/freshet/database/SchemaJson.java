package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Validator;
import dev.freshet.values.Validator.AnyValidator;
import dev.freshet.values.Validator.ObjectValidator;
import dev.freshet.values.Validator.UnionValidator;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The JSON of schemas (spec 40 §11.1). */
final class SchemaJson {
  private static final String INVALID = "InvalidSchema";

  private final String json;

  /** Whether the text comes from a user's module, to be checked and completed. */
  private final boolean evaluating;

  private SchemaJson(String json, boolean evaluating) {
    this.json = json;
    this.evaluating = evaluating;
  }

  static SchemaDefinition evaluate(String json) {
    SchemaDefinition schema = new SchemaJson(json, true).read();
    SchemaChecks.check(schema);
    return schema;
  }

  static SchemaDefinition parse(String json) {
    return new SchemaJson(json, false).read();
  }

  private SchemaDefinition read() {
    try (JsonParser parser = ValueJson.parser(json)) {
      List<TableDefinition> tables = List.of();
      boolean validation = false;
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw badRequest(INVALID, "A schema must be an object");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "tables" -> tables = tables(parser);
          case "schemaValidation" -> validation = parser.currentToken() == JsonToken.VALUE_TRUE;
          default -> parser.skipChildren();
        }
      }
      return new SchemaDefinition(tables, validation);
    } catch (JacksonException e) {
      throw ValueJson.invalidJson(e);
    }
  }

  private List<TableDefinition> tables(JsonParser parser) {
    List<TableDefinition> tables = new ArrayList<>();
    expectArray(parser, "tables");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      TableDefinition table = table(parser);
      for (TableDefinition other : tables) {
        if (other.name().equals(table.name())) {
          throw badRequest(INVALID, "Table \"" + table.name() + "\" is defined twice");
        }
      }
      tables.add(table);
    }
    return tables;
  }

  private TableDefinition table(JsonParser parser) {
    String table = "";
    List<IndexDefinition> indexes = new ArrayList<>();
    String documentType = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "tableName" -> table = parser.getString();
        case "indexes" -> indexes(parser, false, indexes);
        case "stagedDbIndexes" -> indexes(parser, true, indexes);
        case "searchIndexes", "stagedSearchIndexes" -> requireNone(parser, "Text search");
        case "vectorIndexes", "stagedVectorIndexes" -> requireNone(parser, "Vector search");
        case "documentType" -> documentType = text(parser);
        default -> parser.skipChildren();
      }
    }
    try {
      return new TableDefinition(table, List.copyOf(indexes), documentType(documentType));
    } catch (FreshetException e) {
      throw SchemaChecks.inTable(table, e);
    }
  }

  private static void requireNone(JsonParser parser, String feature) {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    expectArray(parser, "the indexes");
    if (parser.nextToken() != JsonToken.END_ARRAY) {
      throw FreshetException.notYetAvailable(feature);
    }
  }

  private void indexes(JsonParser parser, boolean staged, List<IndexDefinition> indexes) {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    expectArray(parser, "the indexes");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      String descriptor = "";
      List<String> fields = new ArrayList<>();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "indexDescriptor" -> descriptor = parser.getString();
          case "fields" -> {
            expectArray(parser, "the fields of an index");
            while (parser.nextToken() != JsonToken.END_ARRAY) {
              fields.add(parser.getString());
            }
          }
          default -> parser.skipChildren();
        }
      }
      if (evaluating) {
        SchemaChecks.checkFields(descriptor, fields);
        fields.add("_creationTime");
      }
      indexes.add(new IndexDefinition(descriptor, List.copyOf(fields), staged));
    }
  }

  /** The text of the value at the parser's position; null for JSON's null. */
  private @Nullable String text(JsonParser parser) {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    int start = (int) parser.currentTokenLocation().getCharOffset();
    parser.skipChildren();
    parser.finishToken();
    return json.substring(start, (int) parser.currentLocation().getCharOffset());
  }

  private static @Nullable Validator documentType(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Validator validator = Validator.parse(text);
    return switch (validator) {
      case AnyValidator _ -> validator;
      case ObjectValidator object -> withoutSystemFields(object);
      case UnionValidator(List<Validator> members) -> {
        List<Validator> objects = new ArrayList<>();
        for (Validator member : members) {
          if (!(member instanceof ObjectValidator object)) {
            throw invalidTopLevelType();
          }
          objects.add(withoutSystemFields(object));
        }
        yield new UnionValidator(objects);
      }
      default -> throw invalidTopLevelType();
    };
  }

  private static FreshetException invalidTopLevelType() {
    return badRequest(
        "InvalidTopLevelTypeInSchemaError",
        "The document validator in a schema must be an object, a union of objects, or `v.any()`."
            + " To learn more, see the schema documentation at"
            + " https://docs.convex.dev/database/schemas.");
  }

  private static ObjectValidator withoutSystemFields(ObjectValidator object) {
    SortedMap<String, Validator.Field> fields = new TreeMap<>(object.fields());
    fields.keySet().removeIf(name -> name.startsWith("_"));
    return new ObjectValidator(fields);
  }

  private static void expectArray(JsonParser parser, String what) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw badRequest(INVALID, "In a schema " + what + " must be an array");
    }
  }

  static String write(SchemaDefinition schema) {
    StringBuilder out = new StringBuilder("{\"tables\":[");
    String separator = "";
    for (TableDefinition table : schema.tables()) {
      out.append(separator).append("{\"tableName\":");
      string(table.name(), out);
      writeIndexes("indexes", table.indexes().stream().filter(i -> !i.staged()).toList(), out);
      writeIndexes(
          "stagedDbIndexes", table.indexes().stream().filter(i -> i.staged()).toList(), out);
      out.append(",\"searchIndexes\":[],\"stagedSearchIndexes\":[]");
      out.append(",\"vectorIndexes\":[],\"stagedVectorIndexes\":[],\"documentType\":");
      Validator type = table.documentType();
      out.append(type == null ? "null" : type.toJson()).append('}');
      separator = ",";
    }
    return out.append("],\"schemaValidation\":")
        .append(schema.schemaValidation())
        .append('}')
        .toString();
  }

  private static void writeIndexes(String name, List<IndexDefinition> indexes, StringBuilder out) {
    out.append(",\"").append(name).append("\":[");
    String separator = "";
    for (IndexDefinition index : indexes) {
      out.append(separator).append("{\"indexDescriptor\":");
      string(index.descriptor(), out);
      out.append(",\"fields\":[");
      String comma = "";
      for (String field : index.fields()) {
        out.append(comma);
        string(field, out);
        comma = ",";
      }
      out.append("]}");
      separator = ",";
    }
    out.append(']');
  }

  private static void string(String text, StringBuilder out) {
    ValueJson.append(Value.of(text), JsonFormat.ENCODED, out);
  }
}
