package dev.freshet.database;

import java.util.List;
import java.util.stream.Stream;

/**
 * A query's operator tree (spec 40 §6.1): a source and what its rows pass through, in this order.
 */
public record QuerySpec(Source source, List<Operator> operators) {
  /**
   * Reads the JSON of a query.
   *
   * @throws dev.freshet.values.FreshetException BAD_REQUEST if it is malformed
   */
  public static QuerySpec parse(String json) {
    return QueryJson.parse(json);
  }

  /** All documents of a table in the order of their creation. */
  public static QuerySpec fullScan(String table, Order order) {
    return new QuerySpec(new Source.FullTableScan(table, order), List.of());
  }

  /** The documents in a range of an index. */
  public static QuerySpec indexRange(
      String table, String index, Order order, List<RangeBound> range) {
    return new QuerySpec(new Source.IndexRange(table, index, range, order), List.of());
  }

  /** This query with one more operator at its end. */
  public QuerySpec with(Operator operator) {
    return new QuerySpec(source, Stream.concat(operators.stream(), Stream.of(operator)).toList());
  }

  /** Where the rows come from. */
  public sealed interface Source {
    String table();

    record FullTableScan(String table, Order order) implements Source {}

    /**
     * @param index the descriptor, without the table
     */
    record IndexRange(String table, String index, List<RangeBound> range, Order order)
        implements Source {}

    /** Text search: not available yet. */
    record Search(String table, String index) implements Source {}
  }

  /** What rows pass through. */
  public sealed interface Operator {
    record Filter(Expression predicate) implements Operator {}

    record Limit(long count) implements Operator {}
  }
}
