package dev.freshet.database;

import dev.freshet.database.QuerySpec.Operator;
import dev.freshet.database.QuerySpec.Source;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A hash of a query and the fields of its index: cursors carry it, so that one isn't used with
 * another query (spec 40 §6.5). Stable across restarts.
 */
final class QueryFingerprint {
  private final StringBuilder text = new StringBuilder();

  private QueryFingerprint() {}

  static byte[] of(QuerySpec spec, QueryPlanner.@Nullable Resolved source) {
    QueryFingerprint fingerprint = new QueryFingerprint();
    fingerprint.source(spec.source());
    fingerprint.text.append(source == null ? "[]" : source.index().fields().toString());
    spec.operators().forEach(fingerprint::operator);
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(fingerprint.text.toString().getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private void source(Source source) {
    switch (source) {
      case Source.FullTableScan(String table, Order order) ->
          text.append("scan ").append(table).append(' ').append(order);
      case Source.IndexRange(String table, String index, List<RangeBound> range, Order order) -> {
        text.append("index ").append(table).append('.').append(index).append(' ').append(order);
        for (RangeBound bound : range) {
          text.append(' ').append(bound.comparison()).append(' ').append(bound.fieldPath());
          value(bound.value());
        }
      }
      case Source.Search(String table, String index) ->
          text.append("search ").append(table).append('.').append(index);
    }
  }

  private void operator(Operator operator) {
    switch (operator) {
      case Operator.Filter(Expression predicate) -> {
        text.append("\nfilter ");
        expression(predicate);
      }
      case Operator.Limit(long count) -> text.append("\nlimit ").append(count);
    }
  }

  private void expression(Expression expression) {
    switch (expression) {
      case Expression.Field(String path) -> text.append("field ").append(path);
      case Expression.Literal(Value value) -> value(value);
      case Expression.Comparison(var operator, Expression left, Expression right) ->
          list(operator.name(), List.of(left, right));
      case Expression.Arithmetic(var operator, Expression left, Expression right) ->
          list(operator.name(), List.of(left, right));
      case Expression.Negate(Expression operand) -> list("NEG", List.of(operand));
      case Expression.Not(Expression operand) -> list("NOT", List.of(operand));
      case Expression.And(List<Expression> operands) -> list("AND", operands);
      case Expression.Or(List<Expression> operands) -> list("OR", operands);
    }
  }

  private void list(String name, List<Expression> operands) {
    text.append(name).append('(');
    for (Expression operand : operands) {
      expression(operand);
      text.append(',');
    }
    text.append(')');
  }

  private void value(@Nullable Value value) {
    text.append(' ').append(HexFormat.of().formatHex(SortKey.of(value)));
  }
}
