package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.database.Expression.ArithmeticOperator;
import dev.freshet.values.DocumentFields;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FieldPath;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.BooleanValue;
import dev.freshet.values.Value.CommitTsValue;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.ValueText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A filter made ready for many documents (spec 40 §6.3): the fields it names are taken out of the
 * stored form in one pass.
 */
final class Filter {
  private static final String CODE = "EvalError";

  private final Expression predicate;
  private final Map<String, Integer> slots = new LinkedHashMap<>();
  private final DocumentFields fields;

  Filter(Expression predicate) {
    this.predicate = predicate;
    collect(predicate);
    this.fields = DocumentFields.of(slots.keySet().stream().map(FieldPath::parse).toList());
  }

  private void collect(Expression expression) {
    switch (expression) {
      case Expression.Field(String path) -> slots.putIfAbsent(path, slots.size());
      case Expression.Literal _ -> {}
      case Expression.Comparison(_, Expression left, Expression right) -> {
        collect(left);
        collect(right);
      }
      case Expression.Arithmetic(_, Expression left, Expression right) -> {
        collect(left);
        collect(right);
      }
      case Expression.Negate(Expression operand) -> collect(operand);
      case Expression.Not(Expression operand) -> collect(operand);
      case Expression.And(List<Expression> operands) -> operands.forEach(this::collect);
      case Expression.Or(List<Expression> operands) -> operands.forEach(this::collect);
    }
  }

  boolean accepts(Document document) {
    byte[] stored = document.stored();
    return bool(evaluate(predicate, fields.read(stored, 1, stored.length - 1)));
  }

  private @Nullable Value evaluate(Expression expression, @Nullable Value[] values) {
    return switch (expression) {
      case Expression.Field(String path) -> {
        Value value = values[slots.getOrDefault(path, 0)];
        yield value instanceof CommitTsValue ? CommitTsValue.PROJECTION : value;
      }
      case Expression.Literal(Value value) -> value;
      case Expression.Comparison comparison -> Value.of(compare(comparison, values));
      case Expression.Arithmetic(ArithmeticOperator operator, Expression left, Expression right) ->
          calculate(operator, evaluate(left, values), evaluate(right, values));
      case Expression.Negate(Expression operand) -> negate(evaluate(operand, values));
      case Expression.Not(Expression operand) -> Value.of(!bool(evaluate(operand, values)));
      case Expression.And(List<Expression> operands) -> Value.of(all(operands, values));
      case Expression.Or(List<Expression> operands) -> Value.of(any(operands, values));
    };
  }

  private boolean all(List<Expression> operands, @Nullable Value[] values) {
    for (Expression operand : operands) {
      if (!bool(evaluate(operand, values))) {
        return false;
      }
    }
    return true;
  }

  private boolean any(List<Expression> operands, @Nullable Value[] values) {
    for (Expression operand : operands) {
      if (bool(evaluate(operand, values))) {
        return true;
      }
    }
    return false;
  }

  private boolean compare(Expression.Comparison comparison, @Nullable Value[] values) {
    Value left = evaluate(comparison.left(), values);
    Value right = evaluate(comparison.right(), values);
    int order = left == null ? (right == null ? 0 : -1) : right == null ? 1 : left.compareTo(right);
    return switch (comparison.operator()) {
      case EQ -> order == 0;
      case NEQ -> order != 0;
      case LT -> order < 0;
      case LTE -> order <= 0;
      case GT -> order > 0;
      case GTE -> order >= 0;
    };
  }

  private static Value calculate(
      ArithmeticOperator operator, @Nullable Value left, @Nullable Value right) {
    if (left instanceof Int64Value(long a) && right instanceof Int64Value(long b)) {
      return Value.of(calculate(operator, a, b));
    }
    if (left instanceof Float64Value(double a) && right instanceof Float64Value(double b)) {
      return Value.of(
          switch (operator) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case MOD -> a % b;
          });
    }
    throw badRequest(
        CODE, "Cannot " + operator.verb() + " " + typed(left) + " and " + typed(right));
  }

  private static long calculate(ArithmeticOperator operator, long a, long b) {
    try {
      return switch (operator) {
        case ADD -> Math.addExact(a, b);
        case SUB -> Math.subtractExact(a, b);
        case MUL -> Math.multiplyExact(a, b);
        case DIV -> Math.divideExact(a, b);
        case MOD -> a == Long.MIN_VALUE && b == -1 ? Math.divideExact(a, b) : a % b;
      };
    } catch (ArithmeticException e) {
      throw new FreshetException(
          ErrorClass.BAD_REQUEST,
          CODE,
          b == 0
              ? "Cannot " + operator.verb() + " " + a + " by zero"
              : "Cannot "
                  + operator.verb()
                  + " "
                  + a
                  + " and "
                  + b
                  + ": the result is out of range for Int64",
          null,
          e);
    }
  }

  private static Value negate(@Nullable Value operand) {
    return switch (operand) {
      case Int64Value(long value) -> {
        if (value == Long.MIN_VALUE) {
          throw badRequest(
              CODE, "Cannot negate " + value + ": the result is out of range for Int64");
        }
        yield Value.of(-value);
      }
      case Float64Value(double value) -> Value.of(-value);
      case null, default -> throw badRequest(CODE, "Cannot negate " + typed(operand));
    };
  }

  private static boolean bool(@Nullable Value value) {
    if (value instanceof BooleanValue(boolean bool)) {
      return bool;
    }
    throw badRequest(CODE, "Cannot use value " + typed(value) + " as a Boolean");
  }

  private static String typed(@Nullable Value value) {
    return ValueText.print(value) + " (type " + ValueText.typeName(value) + ")";
  }
}
