package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.database.Expression.ArithmeticOperator;
import dev.freshet.database.Expression.ComparisonOperator;
import dev.freshet.database.QuerySpec.Operator;
import dev.freshet.database.QuerySpec.Source;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the JSON of queries (spec 40 §6.1, §6.3) in one streaming pass. */
final class QueryJson {
  private static final String CODE = "InvalidArgument";
  private static final int MAX_DEPTH = 200;

  private QueryJson() {}

  static QuerySpec parse(String json) {
    try (JsonParser parser = ValueJson.parser(json)) {
      parser.nextToken();
      return read(parser);
    } catch (JacksonException e) {
      throw ValueJson.invalidJson(e);
    }
  }

  /** Reads a query at the parser's current token; leaves the parser on its last token. */
  static QuerySpec read(JsonParser parser) {
    Source source = null;
    List<Operator> operators = List.of();
    expect(parser, JsonToken.START_OBJECT, "a query");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "source" -> source = source(parser);
        case "operators" -> operators = operators(parser);
        default -> parser.skipChildren();
      }
    }
    if (source == null) {
      throw badRequest(CODE, "A query needs a source");
    }
    return new QuerySpec(source, operators);
  }

  private static Source source(JsonParser parser) {
    String type = "";
    String table = null;
    String indexName = null;
    Order order = Order.ASC;
    List<RangeBound> range = List.of();
    expect(parser, JsonToken.START_OBJECT, "a query source");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "type" -> type = string(parser, name);
        case "tableName" -> table = string(parser, name);
        case "indexName" -> indexName = string(parser, name);
        case "order" -> order = order(parser);
        case "range" -> range = range(parser);
        default -> parser.skipChildren();
      }
    }
    return switch (type) {
      case "FullTableScan" -> new Source.FullTableScan(required(table, "tableName"), order);
      case "IndexRange" -> {
        String[] parts = indexName(required(indexName, "indexName"));
        yield new Source.IndexRange(parts[0], parts[1], range, order);
      }
      case "Search" -> {
        String[] parts = indexName(required(indexName, "indexName"));
        yield new Source.Search(parts[0], parts[1]);
      }
      default -> throw badRequest(CODE, "Unknown query source \"" + type + "\"");
    };
  }

  private static String[] indexName(String name) {
    int dot = name.indexOf('.');
    if (dot < 0) {
      throw badRequest(
          "IndexNotEnoughNameComponents", "Insufficient components in index name " + name);
    }
    if (name.indexOf('.', dot + 1) >= 0) {
      throw badRequest("IndexTooManyNameComponents", "Too many components in index name " + name);
    }
    return new String[] {name.substring(0, dot), name.substring(dot + 1)};
  }

  private static Order order(JsonParser parser) {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return Order.ASC;
    }
    String text = parser.currentToken() == JsonToken.VALUE_STRING ? parser.getString() : "";
    if (text.equals("asc")) {
      return Order.ASC;
    }
    if (text.equals("desc")) {
      return Order.DESC;
    }
    throw badRequest(CODE, "A query's order is wrong: expected \"asc\" or \"desc\"");
  }

  private static List<RangeBound> range(JsonParser parser) {
    List<RangeBound> bounds = new ArrayList<>();
    expect(parser, JsonToken.START_ARRAY, "an index range");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      bounds.add(bound(parser));
    }
    return bounds;
  }

  private static RangeBound bound(JsonParser parser) {
    RangeBound.Comparison comparison = null;
    String field = null;
    Value value = null;
    expect(parser, JsonToken.START_OBJECT, "a bound of an index range");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "type" -> comparison = comparison(string(parser, name));
        case "fieldPath" -> field = fieldPath(string(parser, name));
        case "value" -> value = ValueJson.readPendingOrUndefined(parser);
        default -> parser.skipChildren();
      }
    }
    if (comparison == null) {
      throw badRequest(CODE, "A bound of an index range needs a type");
    }
    return new RangeBound(comparison, required(field, "fieldPath"), value);
  }

  private static RangeBound.Comparison comparison(String type) {
    return switch (type) {
      case "Eq" -> RangeBound.Comparison.EQ;
      case "Gt" -> RangeBound.Comparison.GT;
      case "Gte" -> RangeBound.Comparison.GTE;
      case "Lt" -> RangeBound.Comparison.LT;
      case "Lte" -> RangeBound.Comparison.LTE;
      default -> throw badRequest(CODE, "Unknown range comparison \"" + type + "\"");
    };
  }

  private static List<Operator> operators(JsonParser parser) {
    List<Operator> operators = new ArrayList<>();
    expect(parser, JsonToken.START_ARRAY, "the operators of a query");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser, JsonToken.START_OBJECT, "a query operator");
      parser.nextToken();
      String name = String.valueOf(parser.currentName());
      parser.nextToken();
      operators.add(
          switch (name) {
            case "filter" -> new Operator.Filter(expression(parser, 0));
            case "limit" -> new Operator.Limit(limit(parser));
            default -> throw badRequest(CODE, "Unknown query operator \"" + name + "\"");
          });
      if (parser.nextToken() != JsonToken.END_OBJECT) {
        throw badRequest(CODE, "A query operator has one field");
      }
    }
    return operators;
  }

  private static long limit(JsonParser parser) {
    double count = parser.currentToken().isNumeric() ? parser.getDoubleValue() : -1;
    if (count < 0 || count != Math.rint(count)) {
      throw badRequest(CODE, "A query's limit must be a whole number that is not negative");
    }
    return (long) count;
  }

  private static Expression expression(JsonParser parser, int depth) {
    if (depth > MAX_DEPTH) {
      throw badRequest(CODE, "A filter is too deeply nested");
    }
    expect(parser, JsonToken.START_OBJECT, "a filter expression");
    if (parser.nextToken() != JsonToken.PROPERTY_NAME) {
      throw badRequest(CODE, "A filter expression needs an operator");
    }
    String name = parser.currentName();
    parser.nextToken();
    Expression expression = expression(name, parser, depth + 1);
    if (parser.nextToken() != JsonToken.END_OBJECT) {
      throw badRequest(CODE, "A filter expression has one operator");
    }
    return expression;
  }

  private static Expression expression(String name, JsonParser parser, int depth) {
    return switch (name) {
      case "$eq", "$neq", "$lt", "$lte", "$gt", "$gte" -> {
        List<Expression> pair = pair(parser, name, depth);
        yield new Expression.Comparison(
            ComparisonOperator.valueOf(upper(name)), pair.getFirst(), pair.getLast());
      }
      case "$add", "$sub", "$mul", "$div", "$mod" -> {
        List<Expression> pair = pair(parser, name, depth);
        yield new Expression.Arithmetic(
            ArithmeticOperator.valueOf(upper(name)), pair.getFirst(), pair.getLast());
      }
      case "$neg" -> new Expression.Negate(expression(parser, depth));
      case "$not" -> new Expression.Not(expression(parser, depth));
      case "$and" -> new Expression.And(list(parser, depth));
      case "$or" -> new Expression.Or(list(parser, depth));
      case "$field" -> new Expression.Field(fieldPath(string(parser, name)));
      case "$literal" -> new Expression.Literal(ValueJson.readOrUndefined(parser));
      default -> throw badRequest(CODE, "Unknown filter operator \"" + name + "\"");
    };
  }

  private static String upper(String operator) {
    return operator.substring(1).toUpperCase(Locale.ROOT);
  }

  private static List<Expression> pair(JsonParser parser, String name, int depth) {
    List<Expression> pair = list(parser, depth);
    if (pair.size() != 2) {
      throw badRequest(CODE, "The filter operator \"" + name + "\" takes two operands");
    }
    return pair;
  }

  private static List<Expression> list(JsonParser parser, int depth) {
    List<Expression> expressions = new ArrayList<>();
    expect(parser, JsonToken.START_ARRAY, "the operands of a filter expression");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expressions.add(expression(parser, depth));
    }
    return expressions;
  }

  private static String fieldPath(String path) {
    int start = 0;
    int end = path.length();
    while (start < end && path.charAt(start) == '.') {
      start++;
    }
    while (end > start && path.charAt(end - 1) == '.') {
      end--;
    }
    if (start == end) {
      throw badRequest("EmptyFieldPath", "Empty path " + path);
    }
    return path.substring(start, end);
  }

  private static String string(JsonParser parser, String name) {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw badRequest(CODE, "\"" + name + "\" of a query must be a string");
    }
    return parser.getString();
  }

  private static String required(@Nullable String value, String name) {
    if (value == null) {
      throw badRequest(CODE, "A query needs \"" + name + "\"");
    }
    return value;
  }

  private static void expect(JsonParser parser, JsonToken token, String what) {
    if (parser.currentToken() != token) {
      throw badRequest(CODE, "Malformed JSON for " + what);
    }
  }

  static FreshetException tooManyOperators(int count) {
    return badRequest(CODE, "Query has too many operators: " + count);
  }
}
