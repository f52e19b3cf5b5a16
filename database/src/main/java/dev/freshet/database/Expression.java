package dev.freshet.database;

import dev.freshet.values.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A filter's expression (spec 40 §6.3). */
public sealed interface Expression {
  /** The field at a path; undefined if it or a parent is missing. */
  record Field(String path) implements Expression {}

  /** A constant; null is undefined. */
  record Literal(@Nullable Value value) implements Expression {}

  /** A comparison by the total order of values. */
  record Comparison(ComparisonOperator operator, Expression left, Expression right)
      implements Expression {}

  /** Arithmetic on two int64 or two float64. */
  record Arithmetic(ArithmeticOperator operator, Expression left, Expression right)
      implements Expression {}

  /** The negative of an int64 or float64. */
  record Negate(Expression operand) implements Expression {}

  record Not(Expression operand) implements Expression {}

  record And(List<Expression> operands) implements Expression {}

  record Or(List<Expression> operands) implements Expression {}

  /** The comparisons. */
  enum ComparisonOperator {
    EQ,
    NEQ,
    LT,
    LTE,
    GT,
    GTE
  }

  /** The arithmetic, with the verbs of its error texts. */
  enum ArithmeticOperator {
    ADD("add"),
    SUB("subtract"),
    MUL("multiply"),
    DIV("divide"),
    MOD("mod");

    private final String verb;

    ArithmeticOperator(String verb) {
      this.verb = verb;
    }

    String verb() {
      return verb;
    }
  }
}
