package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Sizes;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls the functions {@code _system/...} like others (spec 30 §6.5). Thread-safe. */
final class SystemCalls {
  private final SystemFunctions functions;
  private final Limits limits;

  SystemCalls(SystemFunctions functions, Limits limits) {
    this.functions = functions;
    this.limits = limits;
  }

  /** The kind of a system function; null if there is none, or the caller may not know. */
  @Nullable FunctionKind kind(FunctionPath path, Identity identity) {
    return identity.isAdmin() ? functions.kind(path) : null;
  }

  QueryRun query(QueryRequest request, Transaction transaction) {
    Called called =
        call(
            transaction,
            request.identity(),
            request.path(),
            FunctionKind.QUERY,
            request.args(),
            request.journal());
    return new QueryRun(
        called.execution(), transaction.readSet(), transaction.beginTimestamp(), called.journal());
  }

  Execution mutation(MutationRequest request, Transaction transaction) {
    return call(
            transaction,
            request.identity(),
            request.path(),
            FunctionKind.MUTATION,
            request.args(),
            null)
        .execution();
  }

  private record Called(Execution execution, @Nullable String journal) {}

  private Called call(
      Transaction transaction,
      Identity identity,
      FunctionPath path,
      FunctionKind expected,
      byte[] args,
      @Nullable String journal) {
    try {
      FunctionKind kind = kind(path, identity);
      if (kind == null) {
        throw PreFlight.notFound(path);
      }
      PreFlight.checkKind(path, expected, kind);
      SystemFunctions.Answer answer =
          functions.call(transaction, identity, path, arguments(path, args), journal);
      return new Called(returned(path, answer.value()), answer.journal());
    } catch (FreshetException e) {
      if (!e.errorClass().isDeterministicUserError()) {
        throw e;
      }
      return new Called(Execution.refused(e, true), null);
    }
  }

  /** What they answer depends on who asks: on what an administrator may do. */
  private Execution returned(FunctionPath path, Value value) {
    long limit = limits.get(Limit.SYSTEM_FUNCTION_MAX_RESULT_SIZE);
    long size = Sizes.of(value);
    if (size > limit) {
      throw FunctionResults.tooLarge(path, size, limit);
    }
    return new Execution(
        new Execution.Returned(ValueJson.writeBytes(value, JsonFormat.ENCODED)),
        List.of(),
        true,
        false,
        null,
        Duration.ZERO,
        FunctionCompletion.Usage.NONE);
  }

  private static ObjectValue arguments(FunctionPath path, byte[] json) {
    return switch (ValueJson.parse(json)) {
      case ObjectValue object -> object;
      case ArrayValue(List<Value> elements) when elements.isEmpty() -> ObjectValue.EMPTY;
      case ArrayValue(List<Value> elements)
          when elements.size() == 1 && elements.getFirst() instanceof ObjectValue object ->
          object;
      default ->
          throw FreshetException.badRequest(
              "InvalidArgs", "Invalid arguments for " + path + ": expected an object");
    };
  }
}
