package dev.freshet.app;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is known of a mutation before it runs, for {@link Foresight}. */
final class MutationTraits {
  /** Longer arguments aren't looked into. */
  private static final int MAX_ARGS = 16 << 10;

  private static final int MAX_TRAITS = 16;
  private static final int MAX_TEXT = 128;

  /** That it runs this function. */
  private record Runs(FunctionPath function) {}

  /** That this user calls it. */
  private record CalledBy(FunctionPath function, String user) {}

  /** That an argument has this value. */
  private record Argument(FunctionPath function, String name, Value value) {}

  private MutationTraits() {}

  static List<Object> of(MutationRequest request) {
    FunctionPath function = request.path();
    List<Object> traits = new ArrayList<>();
    traits.add(new Runs(function));
    UserAttributes user = request.identity().userAttributes();
    if (user != null) {
      traits.add(new CalledBy(function, user.tokenIdentifier()));
    }
    for (Map.Entry<String, Value> argument : arguments(request.args()).fields().entrySet()) {
      if (traits.size() < MAX_TRAITS && isPlain(argument.getValue())) {
        traits.add(new Argument(function, argument.getKey(), argument.getValue()));
      }
    }
    return traits;
  }

  private static ObjectValue arguments(byte[] args) {
    if (args.length > MAX_ARGS) {
      return ObjectValue.EMPTY;
    }
    try {
      return switch (ValueJson.parse(args)) {
        case ObjectValue object -> object;
        case ArrayValue(List<Value> elements)
            when elements.size() == 1 && elements.getFirst() instanceof ObjectValue object ->
            object;
        default -> ObjectValue.EMPTY;
      };
    } catch (FreshetException e) {
      return ObjectValue.EMPTY; // whoever clears the call says what is wrong with it
    }
  }

  private static boolean isPlain(Value value) {
    return switch (value) {
      case Value.Int64Value _, Value.Float64Value _ -> true;
      case Value.StringValue text -> text.value().length() <= MAX_TEXT;
      default -> false;
    };
  }
}
